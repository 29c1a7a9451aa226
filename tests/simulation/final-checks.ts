import { queueName, type ReplayStatus } from '@millrace/server/engine'
import type { MemoryStorage } from '@millrace/storage-memory'
import type { BusModel, ReplayModel } from './bus-model.ts'
import type { Model } from './model.ts'
import type { Findings } from './findings.ts'

/** Which queues may be unfinished: those that need a target which is still bad. */
export type Excuse = (bus: BusModel, rule: string, target: string) => boolean

/** When the trouble is over and time enough has passed: everything that was accepted has ended, as often as it must. */
export async function checkAllEnded(
  model: Model,
  store: MemoryStorage,
  findings: Findings,
  invariant: 'lost' | 'isolation',
  isExcused: Excuse,
): Promise<void> {
  for (const bus of model.buses.values()) {
    for (const [name, rule] of bus.rules) {
      for (const target of rule.targets()) {
        if (isExcused(bus, name, target)) continue
        const queue = queueName(bus.key, name, target)
        const { pending, oldestPosition } = await store.queue.stat(queue)
        findings.expect(invariant, pending === 0, () => {
          return `${queue} still has ${pending} deliveries, the first at position ${oldestPosition}`
        })
        for (const { position, nonce, facts } of bus.events.values()) {
          const { least, most } = rule.expect(position, facts, target)
          const ended = bus.lines.filter(
            line =>
              line.position === position &&
              line.rule === name &&
              line.target === target &&
              line.replay === undefined,
          ).length
          findings.expect(ended > 1 ? 'one ending' : invariant, ended >= least && ended <= most, () => {
            return `event ${nonce} at position ${position} of ${queue} has ${ended} endings, not ${least}${most > least ? ` to ${most}` : ''}`
          })
        }
      }
    }
  }
}

/** Every replay that is over has delivered its range: each matching event once to each target, and nothing else. */
export function checkReplays(bus: BusModel, statuses: readonly ReplayStatus[], findings: Findings): void {
  for (const replay of bus.replays.values()) {
    const state = statuses.find(({ id }) => id === replay.id)?.state
    findings.expect('replay', state === 'done' || state === 'cancelled', () => {
      return `replay ${replay.id} of ${bus.key}/${replay.rule} is ${state ?? 'unknown'} at the end`
    })
    for (const target of replay.targets) checkReplayed(bus, replay, target, state === 'done', findings)
  }
}

function checkReplayed(
  bus: BusModel,
  replay: ReplayModel,
  target: string,
  isDone: boolean,
  findings: Findings,
): void {
  for (const { position, facts } of bus.events.values()) {
    const ended = bus.lines.filter(
      line => line.replay === replay.id && line.target === target && line.position === position,
    ).length
    const isWanted = position >= replay.from && position < replay.to && replay.matches(facts)
    const least = isWanted && isDone && !replay.isDisturbed ? 1 : 0
    const most = isWanted || (replay.isDisturbed && position < replay.to) ? 1 : 0
    findings.expect('replay', ended >= least && ended <= most, () => {
      return `replay ${replay.id}: position ${position} of ${bus.key}/${replay.rule}/${target} has ${ended} endings, not ${least}${most > least ? ` to ${most}` : ''}`
    })
  }
}
