import { FakeClock } from '@millrace/spi/conformance'
import type { Delivery, EngineObserver } from '@millrace/server/engine'
import { Findings } from './findings.ts'
import { StateChecks } from './state-checks.ts'
import { WriteChecks } from './write-checks.ts'
import type { BusModel } from './bus-model.ts'
import { Model } from './model.ts'
import { Chance } from './chance.ts'
import { Disk } from './disk.ts'
import { account, EngineProcess } from './engine-process.ts'
import { Outside } from './outside.ts'
import type { Plant } from './plant.ts'
import { busShapes, sinkNames } from './shapes.ts'
import { Tally } from './tally.ts'
import { Trace } from './trace.ts'

/** How long a start, a stop or a change may take by the clock of the simulation, in milliseconds. */
const patienceMs = 120_000

/** Time after which a good target must have what was accepted, once the disk is sound, in milliseconds. */
const isolationMs = 30_000

/** Everything there is in one run: time, chance, the disk, the targets, the process, the model and its checks. */
export class World {
  readonly clock = new FakeClock()
  readonly tally = new Tally()
  readonly trace = new Trace(() => this.clock.nowMs())
  readonly findings = new Findings(this.tally, this.trace)
  readonly model = new Model(account)
  /** Draws what happens; the engine draws from a source of its own. */
  readonly chance: Chance
  readonly disk: Disk
  readonly outside: Outside
  readonly checks: StateChecks
  readonly #engineChance: Chance
  readonly #plant: Plant | undefined
  readonly #heldBytesMax: number
  process: EngineProcess | undefined
  #lives = 0
  #soundSinceMs = 0

  constructor(seed: number, plant: Plant | undefined) {
    this.chance = new Chance(seed)
    this.#engineChance = new Chance(seed ^ 0x5eed)
    this.#plant = plant
    const outsideChance = new Chance(seed + 0x0dd)
    this.#heldBytesMax = this.chance.pick([2_000, 20_000, 1_000_000])
    const writeChecks = new WriteChecks({
      model: this.model,
      findings: this.findings,
      nowMs: () => this.clock.nowMs(),
      underWay: life => this.outside.underWay(life),
    })
    this.model.watch(writeChecks)
    this.disk = new Disk(this.clock, new Chance(seed + 0xd15c), this.tally, this.model)
    this.outside = new Outside(this.clock, outsideChance, this.tally, this.trace, writeChecks)
    this.checks = new StateChecks(this.model, this.findings)
    for (const sink of sinkNames) this.outside.moods.set(sink, 'steady')
    for (const shape of busShapes(this.chance)) this.model.add(shape)
  }

  /** The process, if it serves. */
  get serving(): EngineProcess | undefined {
    return this.process?.isAlive === true && this.isStarted ? this.process : undefined
  }

  isStarted = false

  get delivery(): Delivery | undefined {
    return this.serving?.delivery
  }

  bus(name: string): BusModel {
    const bus = this.model.buses.get(`${account}/${name}`)
    if (bus === undefined) throw new Error(`there is no bus ${name}`)
    return bus
  }

  setDiskMood(mood: Disk['mood']): void {
    this.disk.mood = mood
    if (mood === 'sound') this.#soundSinceMs = this.clock.nowMs()
  }

  /** Starts a process on what the disk holds. False when it did not come up; then it is dead again. */
  async start(): Promise<boolean> {
    const process = new EngineProcess(++this.#lives, {
      clock: this.clock,
      random: this.#engineChance.random,
      disk: this.disk,
      outside: this.outside,
      observer: this.#observer(),
      plant: this.#plant,
      heldBytesMax: this.#heldBytesMax,
      warn: message => this.trace.note(`warning: ${message}`),
    })
    this.process = process
    this.tally.add('run', 'starts')
    try {
      await this.drive(process.start(), 'the start')
    } catch (thrown) {
      this.trace.note(`the start failed: ${String(thrown)}`)
      this.tally.add('run', 'failed starts')
      await this.crash()
      return false
    }
    this.isStarted = true
    this.#soundSinceMs = Math.max(this.#soundSinceMs, this.clock.nowMs())
    this.#settleRules(process)
    this.trace.note(`life ${process.life} serves`)
    return true
  }

  /** Power off, in the middle of whatever is going on. */
  async crash(): Promise<void> {
    this.process?.kill()
    this.isStarted = false
    this.process = undefined
    const { kept, lost } = this.disk.crash()
    this.tally.add('run', 'crashes')
    this.trace.note(`CRASH: of the writes that were not durable ${kept} are kept, ${lost} are lost`)
    await this.checks.restart(this.disk.store, bus => !bus.shape.isRelaxed)
  }

  /** An orderly end: it must come in time, keep everything and leave no timer and no write behind. */
  async stop(): Promise<void> {
    const process = this.process
    if (process === undefined) return
    this.isStarted = false
    this.tally.add('run', 'stops')
    this.trace.note(`life ${process.life} is asked to stop`)
    await this.drive(process.stop(), 'a stop')
    const left = process.clock.pending
    this.findings.expect('stop', left === 0, () => `${left} timers are left after a stop`)
    const writes = this.outside
      .underWay(process.life)
      .filter(({ sink }) => !['deaf', 'late'].includes(this.outside.moods.get(sink) ?? ''))
    this.trace.note(`stopped; ${writes.length} writes are left`)
    process.kill()
    this.process = undefined
    // What a stop has flushed cannot be lost any more: the disk is opened again as it is.
    this.disk.crash()
    await this.checks.restart(this.disk.store, bus => !bus.shape.isRelaxed)
  }

  /** Moves time until the promise has settled; a failure of it is the caller's. Too long is a finding. */
  async drive<Result>(promise: Promise<Result>, what: string): Promise<Result | undefined> {
    let isPending = true
    const watched = promise.finally(() => {
      isPending = false
    })
    watched.catch(() => {})
    const untilMs = this.clock.nowMs() + patienceMs
    await this.clock.settle()
    // oxlint-disable-next-line no-unmodified-loop-condition -- it is changed when the promise settles
    while (isPending && this.clock.nowMs() < untilMs && (await this.clock.advanceToNext()));
    this.findings.expect('stop', !isPending, () => `${what} did not end within ${patienceMs} ms`)
    return isPending ? undefined : await watched
  }

  /** All checks that can be made at any time at which nothing is running. */
  async check(): Promise<void> {
    await this.checks.step(this.disk.store)
    this.#checkIsolation()
  }

  /** The good target, on a sound disk, has everything that was accepted a while ago, whatever the others do. */
  #checkIsolation(): void {
    const beforeMs = this.clock.nowMs() - isolationMs
    const isSound = this.disk.mood === 'sound' && !this.disk.isBroken
    if (this.serving === undefined || !isSound || this.#soundSinceMs > beforeMs) return
    const bus = this.bus('main')
    const rule = bus.rule('steady')
    const ended = new Set(bus.lines.filter(line => line.rule === 'steady').map(({ position }) => position))
    for (const { position, nonce, facts, acceptedAtMs } of bus.events.values()) {
      if (acceptedAtMs > beforeMs || rule.expect(position, facts, 't0').least === 0) continue
      this.findings.expect('isolation', ended.has(position), () => {
        return `event ${nonce} at position ${position} has not reached the good target within ${isolationMs} ms`
      })
    }
  }

  /** After a start: which of the changes that nobody had answered were made. */
  #settleRules(process: EngineProcess): void {
    for (const bus of this.model.buses.values()) {
      const view = process.resources.snapshots.current().buses.get(bus.key)
      if (view === undefined) continue
      for (const [name, rule] of bus.rules) {
        const seen = view.rules.get(name)?.spec.description
        const { underWay } = rule
        if (underWay !== undefined) {
          rule.end(underWay, process.logs.next(bus.key), seen !== underWay.shape?.mark)
        }
        const wanted = rule.shape?.mark
        this.findings.expect('rules', seen === wanted, () => {
          return `rule ${bus.key}/${name} is ${seen ?? 'gone'} after the start, not ${wanted ?? 'gone'}`
        })
      }
    }
  }

  #observer(): EngineObserver {
    return {
      accepted: (_bus, events) => this.tally.add('run', 'accepted', events),
      refused: () => {},
      routed: (_bus, _events, deliveries) => this.tally.add('run', 'deliveries', deliveries),
      attempted: (_queue, succeeded) => this.tally.add('run', succeeded ? 'attempts' : 'failed attempts'),
      settled: (_queue, ending) => this.tally.add('ending', ending),
    }
  }
}
