import { AppError } from '@millrace/spi'
import { SinkHolder, type SinkResolver, type SinkUse } from '../delivery/index.ts'
import type { SinkSpec, StreamSpec, StreamView } from '../resources/index.ts'
import { planStream, type StreamPlan } from './plan.ts'

/** Everything that one incarnation of a stream writes with. */
export interface Equipment {
  readonly plan: StreamPlan
  readonly sink: SinkHolder
  /** The functions that change batches, in their order. */
  readonly functions: readonly SinkHolder[]
  readonly deadLetter: SinkHolder | undefined
  readonly deadLetterRecordsMax: number
}

export interface EquipmentParts {
  readonly sinks: SinkResolver
  /** Records that one write to a sink may carry at most. */
  readonly sinkRecordsMax: (sink: SinkSpec) => Promise<number>
}

/** Compiles the spec and opens its sinks. Rejects with the AppError of what cannot be: then nothing is left open. */
export async function equip(
  { account, key, spec }: StreamView,
  { sinks, sinkRecordsMax }: EquipmentParts,
): Promise<Equipment> {
  const hold = (sink: SinkSpec, part: SinkUse['part']): SinkHolder => {
    const use = { queue: `stream/${key}`, part, timeoutMs: spec.timeoutMs }
    return new SinkHolder(() => sinks.open(account, sink, use))
  }
  const equipment: Equipment = {
    plan: planStream(spec, await sinkRecordsMax(spec.sink)),
    sink: hold(spec.sink, 'sink'),
    functions: spec.functions.map(each => hold(each, 'function')),
    deadLetter: spec.deadLetter === undefined ? undefined : hold(spec.deadLetter, 'dead-letter'),
    deadLetterRecordsMax: spec.deadLetter === undefined ? 1 : await sinkRecordsMax(spec.deadLetter),
  }
  try {
    for (const holder of holders(equipment)) tryOut(holder)
  } catch (thrown) {
    await retire(equipment)
    throw thrown
  }
  return equipment
}

export async function retire(equipment: Equipment): Promise<void> {
  await Promise.all(holders(equipment).map(holder => holder.retire()))
}

/** Where a stream's records go, in a word, for dead letters and spans. */
export function sinkName({ sink }: StreamSpec): string {
  if ('connector' in sink) return sink.connector
  if ('function' in sink) return sink.function
  if ('bus' in sink) return sink.bus
  return 'queue' in sink ? sink.queue : sink.topic
}

function holders({ sink, functions, deadLetter }: Equipment): SinkHolder[] {
  return [sink, ...functions, ...(deadLetter === undefined ? [] : [deadLetter])]
}

/** What cannot pass is known before a record is read. */
function tryOut(holder: SinkHolder): void {
  const sink = holder.acquire()
  if (!(sink instanceof AppError)) return holder.release()
  if (sink.retry.kind === 'never') throw sink
}
