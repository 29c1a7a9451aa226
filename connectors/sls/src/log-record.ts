import { type SourceContext, sourceEvent, type SourceRecord } from '@millrace/spi'
import type { Log, LogGroup } from './log-group.ts'
import type { Pull, Shard } from './shard.ts'

/** Tags that the service sets, which stand in the data under their own names (section 8.6 of the compatible protocol). */
const serviceTags: ReadonlySet<string> = new Set(['__client_ip__', '__receive_time__', '__pack_id__'])

/** What the events of one log store have in common. */
export interface EventShape {
  readonly idPrefix: string
  readonly source: string
  readonly subject: string
}

export function eventShape(
  { project, logstore }: { readonly project: string; readonly logstore: string },
  { account, region, name }: SourceContext,
): EventShape {
  return {
    idPrefix: `${project}-${logstore}`,
    source: name,
    subject: `acs:log:${region}:${account}:project/${project}/logstore/${logstore}`,
  }
}

/** A log that was read. */
export class LogRecord implements SourceRecord {
  readonly shard: Shard
  readonly pull: Pull
  /** Its place among the logs of the pull. */
  readonly index: number
  readonly partition: string
  readonly event: Uint8Array
  readonly id: string
  readonly takenAtMs: number

  constructor(shard: Shard, pull: Pull, index: number, group: LogGroup, log: Log, shape: EventShape) {
    this.shard = shard
    this.pull = pull
    this.index = index
    this.partition = String(shard.number)
    this.id = `${shape.idPrefix}-${shard.number}-${pull.cursor}-${index}`
    const timeMs = log.time * 1_000 + Math.floor(log.timeNs / 1_000_000)
    const received = group.tags.find(([key]) => key === '__receive_time__')
    this.takenAtMs = received === undefined ? timeMs : Number(received[1]) * 1_000
    this.event = sourceEvent({
      id: this.id,
      source: shape.source,
      type: 'sls:connector',
      subject: shape.subject,
      timeMs,
      data: JSON.stringify(Object.fromEntries(fieldsOf(group, log))),
    })
  }
}

/** Fields of the log, and what its group says of it, whose names are reserved. */
function fieldsOf({ topic, source, tags }: LogGroup, { time, timeNs, contents }: Log): Map<string, string> {
  const fields = new Map(contents)
  fields.set('__time__', String(time)).set('__topic__', topic).set('__source__', source)
  if (timeNs !== 0) fields.set('__time_ns_part__', String(timeNs))
  for (const [key, value] of tags) fields.set(serviceTags.has(key) ? key : `__tag__:${key}`, value)
  return fields
}
