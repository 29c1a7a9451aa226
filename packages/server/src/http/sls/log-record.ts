import type { Log, LogGroup } from './log-group.ts'

/** A log as answers show it: names and texts, what the group says of it included (section 2.6.1). */
export type LogRecord = ReadonlyMap<string, string>

/** The log with the topic, source and tags of its group, whose names its own do not replace. */
export function logRecord({ topic, source, tags }: LogGroup, { time, timeNs, contents }: Log): LogRecord {
  const record = new Map<string, string>()
  for (const { key, value } of contents) record.set(key, value)
  record.set('__time__', String(time)).set('__topic__', topic).set('__source__', source)
  if (timeNs !== undefined) record.set('__time_ns_part__', String(timeNs))
  for (const { key, value } of tags) record.set(`__tag__:${key}`, value)
  return record
}
