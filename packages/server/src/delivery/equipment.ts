import { isDeepStrictEqual } from 'node:util'
import type { SinkSpec, TargetSpec } from '../resources/index.ts'
import type { Equipment } from './courier.ts'
import type { QueueIdentity } from './identity.ts'
import { SinkHolder, type SinkResolver, type SinkUse } from './sink-holder.ts'
import { planTarget } from './target-plan.ts'

/** Compiles a target and prepares its sinks. Sinks whose options have not changed are taken over; others retire. */
export function equip(
  identity: QueueIdentity,
  spec: TargetSpec,
  resolver: SinkResolver,
  before: Equipment | undefined,
): Equipment {
  const hold = (sink: SinkSpec, part: SinkUse['part']): SinkHolder => {
    const use = { queue: identity.queue, part, timeoutMs: spec.timeoutMs }
    return new SinkHolder(() => resolver.open(identity.account, sink, use))
  }
  const old = before?.plan.spec
  const isSame = (left: SinkSpec | undefined, right: SinkSpec | undefined): boolean =>
    old?.timeoutMs === spec.timeoutMs && isDeepStrictEqual(left, right)
  const keepsSink = isSame(old?.sink, spec.sink)
  const keepsDeadLetter = isSame(old?.deadLetter, spec.deadLetter)
  // Retiring ends by itself when the last attempt that uses the sink has ended.
  if (!keepsSink) void before?.sink.retire()
  if (!keepsDeadLetter) void before?.deadLetter?.retire()
  return {
    plan: planTarget(spec),
    sink: keepsSink && before !== undefined ? before.sink : hold(spec.sink, 'sink'),
    deadLetter: keepsDeadLetter
      ? before?.deadLetter
      : spec.deadLetter === undefined
        ? undefined
        : hold(spec.deadLetter, 'dead-letter'),
  }
}

export async function retire({ sink, deadLetter }: Equipment): Promise<void> {
  await Promise.all([sink.retire(), deadLetter?.retire()])
}
