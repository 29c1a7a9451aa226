import { checkAllEnded, checkReplays } from './final-checks.ts'
import type { Finding } from './findings.ts'
import type { BusModel } from './bus-model.ts'
import { Operations } from './operations.ts'
import type { Plant } from './plant.ts'
import { badSinkNames } from './shapes.ts'
import type { Tally } from './tally.ts'
import { World } from './world.ts'

export interface RunOptions {
  readonly seed: number
  /** Operations before the trouble ends. */
  readonly steps: number
  readonly plant?: Plant | undefined
}

export interface RunResult {
  readonly seed: number
  readonly findings: readonly Finding[]
  readonly tally: Tally
  /** Hash of everything that happened: the same seed gives the same. */
  readonly hash: string
  /** The last things that happened. */
  readonly last: readonly string[]
}

/** Time in which everything must have ended once the trouble is over, looked at every so often, in milliseconds. */
const calmMsMax = 1_800_000
const lookEveryMs = 15_000

/** One seeded run: a schedule of operations and faults, then calm, and at the end nothing may be missing. */
export async function run({ seed, steps, plant }: RunOptions): Promise<RunResult> {
  const world = new World(seed, plant)
  const operations = new Operations(world)
  const isBad = (): boolean => world.findings.all.length > 0
  await world.disk.open()
  await world.start()
  await operations.prepare()
  for (let step = 0; step < steps && !isBad(); step++) {
    await operations.step()
    await world.clock.settle()
    if (isBad()) break
    await world.check()
    world.tally.add('run', 'steps')
  }
  if (!isBad()) await calm(world, operations, isBad)
  world.process?.kill()
  return {
    seed,
    findings: world.findings.all,
    tally: world.tally,
    hash: world.trace.finish(),
    last: world.trace.last,
  }
}

/** The trouble ends: first all but one target come back, and all that does not need that one must end; then that one. */
async function calm(world: World, operations: Operations, isBad: () => boolean): Promise<void> {
  const bad = world.chance.pick(badSinkNames)
  world.trace.note(`the trouble ends; only ${bad} hangs`)
  world.setDiskMood('sound')
  for (const sink of badSinkNames) world.outside.moods.set(sink, sink === bad ? 'hanging' : 'steady')
  if (world.disk.isBroken) await world.crash()
  if (world.process === undefined) {
    const isUp = await world.start()
    world.findings.expect('resume', isUp, () => 'the process does not start on a sound disk')
    if (!isUp) return
  }
  const needsBad = (bus: BusModel, rule: string, target: string): boolean =>
    bus
      .rule(rule)
      .changes.some(({ shape }) =>
        shape?.targets.some(
          ({ id, sink, deadLetter }) => id === target && (sink === bad || deadLetter === bad),
        ),
      )
  await rest(world, operations, needsBad, isBad)
  if (isBad()) return
  const { model, disk, findings } = world
  await checkAllEnded(model, disk.store, findings, 'isolation', needsBad)
  world.trace.note(`${bad} comes back`)
  world.outside.moods.set(bad, 'steady')
  await rest(world, operations, () => false, isBad)
  for (const bus of model.buses.values()) {
    const isTaken = await world.drive(operations.producer.probe(bus), 'a publish')
    findings.expect('resume', isTaken === true, () => `${bus.key} refuses events though the trouble is over`)
  }
  await rest(world, operations, () => false, isBad)
  if (isBad()) return
  await checkAllEnded(model, disk.store, findings, 'lost', () => false)
  for (const bus of model.buses.values()) {
    const statuses = await world.delivery?.replays(bus.key)
    checkReplays(bus, statuses ?? [], findings)
  }
  await world.check()
  if (!isBad()) await world.stop()
}

/** Passes time until nothing is pending any more, resuming what waits for a person; bounded. */
async function rest(
  world: World,
  operations: Operations,
  isExcused: (bus: BusModel, rule: string, target: string) => boolean,
  isBad: () => boolean,
): Promise<void> {
  const untilMs = world.clock.nowMs() + calmMsMax
  while (!isBad() && world.clock.nowMs() < untilMs) {
    await operations.unpauseAll()
    for (const bus of world.model.buses.values()) {
      for (const [name, rule] of bus.rules) {
        for (const target of rule.targets()) await operations.resume(bus, name, target)
      }
    }
    await world.clock.advance(lookEveryMs)
    await world.check()
    if (await isAtRest(world, isExcused)) return
  }
}

async function isAtRest(
  world: World,
  isExcused: (bus: BusModel, rule: string, target: string) => boolean,
): Promise<boolean> {
  for (const bus of world.model.buses.values()) {
    for (const [name, rule] of bus.rules) {
      for (const target of rule.targets()) {
        if (isExcused(bus, name, target)) continue
        const { pending } = await world.disk.store.queue.stat(`${bus.key}/${name}/${target}`)
        if (pending > 0) return false
      }
    }
    const replays = (await world.delivery?.replays(bus.key)) ?? []
    const isHeldUp = ({ rule, targets }: (typeof replays)[number]): boolean =>
      targets.some(target => isExcused(bus, rule, target))
    if (replays.some(replay => replay.state !== 'done' && replay.state !== 'cancelled' && !isHeldUp(replay)))
      return false
  }
  return true
}
