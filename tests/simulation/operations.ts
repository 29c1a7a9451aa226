import { queueName } from '@millrace/server/engine'
import { toAppError } from '@millrace/spi'
import type { BusModel } from './bus-model.ts'
import type { RuleShape } from './rule-model.ts'
import type { DiskMood } from './disk.ts'
import { account } from './engine-process.ts'
import type { Mood } from './outside.ts'
import { Producer } from './publish.ts'
import { anyShape, badSinkNames, ruleSpec, steadyShape } from './shapes.ts'
import type { World } from './world.ts'

const weights = {
  publish: 34,
  pass: 28,
  rule: 9,
  'delete rule': 2,
  pause: 3,
  resume: 3,
  replay: 3,
  'cancel replay': 1,
  target: 9,
  disk: 6,
  crash: 4,
  stop: 2,
  prune: 2,
  'built-in bus': 1,
} as const

const ruleNames = ['r1', 'r2', 'ordered', 'ordered2'] as const

/** What users, the world and fate do. Each operation is begun and, but for those that end the process, not waited for. */
export class Operations {
  readonly #world: World
  readonly producer: Producer
  #marks = 0

  constructor(world: World) {
    this.#world = world
    this.producer = new Producer(world)
  }

  /** Buses and the rules that every run has. */
  async prepare(): Promise<void> {
    const { model, serving } = this.#world
    if (serving === undefined) throw new Error('the first start failed')
    for (const { shape } of model.buses.values()) {
      const { name, isRelaxed, ...limits } = shape
      const durability = isRelaxed ? 'relaxed' : 'durable'
      await this.#world.drive(
        serving.resources.buses.put(account, name, { durability, ...limits }),
        'making a bus',
      )
    }
    await this.#world.drive(this.#put('main', 'steady', steadyShape(this.#mark())), 'making a rule')
    for (const bus of model.buses.values()) {
      for (const rule of ['r1', 'ordered']) {
        const shape = anyShape(this.#world.chance, rule, this.#mark(), false)
        await this.#world.drive(this.#put(bus.shape.name, rule, shape), 'making a rule')
      }
    }
  }

  /** One step of a schedule. */
  async step(): Promise<void> {
    const { chance, disk, trace } = this.#world
    if (this.#world.process === undefined) {
      if (chance.happens(0.3)) await this.#world.clock.advance(chance.between(1, 5_000))
      // Somebody looks after a disk on which nothing starts.
      if (chance.happens(0.4)) this.#changeDisk()
      await this.#world.start()
      return
    }
    if (disk.isBroken && chance.happens(0.3)) return await this.#world.crash()
    const operation = chance.weighted(weights)
    trace.note(`— ${operation}`)
    this.#world.tally.add('operation', operation)
    await this.#perform(operation)
  }

  async #perform(operation: keyof typeof weights): Promise<void> {
    const world = this.#world
    const { chance } = world
    switch (operation) {
      case 'publish':
        return void this.producer.publish(this.#bus())
      case 'pass':
        return await world.clock.advance(chance.pick([1, 5, 20, 100, 700, 3_000, 12_000, 40_000]))
      case 'crash':
        return await world.crash()
      case 'stop':
        return await world.stop()
      case 'target':
        return this.#changeMood()
      case 'disk':
        return this.#changeDisk()
      case 'prune':
        return void world.serving?.resources.rules.prune().catch(() => {})
      case 'built-in bus':
        return void this.producer.publishToDefault()
      default:
        return this.#control(operation)
    }
  }

  #control(operation: 'rule' | 'delete rule' | 'pause' | 'resume' | 'replay' | 'cancel replay'): void {
    const { chance } = this.#world
    const bus = this.#bus()
    const name = chance.pick(ruleNames)
    const rule = bus.rule(name)
    switch (operation) {
      case 'resume':
        return void this.resume(bus, name, chance.pick(['t0', 't1']))
      case 'replay':
        return void this.#replay(bus, name)
      case 'cancel replay':
        return void this.#cancel(bus)
      default:
    }
    if (rule.underWay !== undefined) return
    if (operation === 'delete rule') {
      if (rule.shape !== undefined) void this.#change(bus, name, undefined)
    } else if (operation === 'rule') {
      const shape = anyShape(chance, name, this.#mark(), rule.isNew)
      void this.#change(bus, name, shape)
    } else if (rule.shape !== undefined) {
      const targets = rule.shape.targets.map(target => ({ ...target, isPaused: !target.isPaused }))
      void this.#change(bus, name, { ...rule.shape, mark: this.#mark(), targets })
    }
  }

  /** Lets every paused target go on. */
  async unpauseAll(): Promise<void> {
    for (const bus of this.#world.model.buses.values()) {
      for (const [name, rule] of bus.rules) {
        if (rule.underWay !== undefined || rule.shape?.targets.some(({ isPaused }) => isPaused) !== true)
          continue
        const targets = rule.shape.targets.map(target => ({ ...target, isPaused: false }))
        await this.#world.drive(
          this.#change(bus, name, { ...rule.shape, mark: this.#mark(), targets }),
          'resuming',
        )
      }
    }
  }

  async resume(bus: BusModel, rule: string, target: string): Promise<void> {
    await this.#world.delivery?.resume(queueName(bus.key, rule, target)).catch(() => {})
  }

  #bus(): BusModel {
    const { chance } = this.#world
    return this.#world.bus(chance.weighted({ main: 5, small: 3, loose: 2 }))
  }

  #mark(): string {
    return `v${++this.#marks}`
  }

  #put(bus: string, name: string, shape: RuleShape): Promise<void> {
    return this.#change(this.#world.bus(bus), name, shape)
  }

  async #change(bus: BusModel, name: string, shape: RuleShape | undefined): Promise<void> {
    const { serving, trace, chance } = this.#world
    if (serving === undefined) return
    const rule = bus.rule(name)
    const { rules } = serving.resources
    const change = rule.begin(serving.logs.next(bus.key), shape)
    for (const replay of bus.replays.values()) if (replay.rule === name) replay.isDisturbed = true
    const text = shape === undefined ? 'deleted' : JSON.stringify(shape)
    trace.note(`rule ${bus.shape.name}/${name} is to be ${text}`)
    let isReverted = false
    try {
      if (shape === undefined) await rules.delete(account, bus.shape.name, name)
      else await rules.put(account, bus.shape.name, name, ruleSpec(chance, shape))
    } catch (thrown) {
      isReverted = true
      const { code } = toAppError(thrown)
      // A flush that failed, or was overtaken by a stop, leaves open what was written: the next start tells.
      if (!serving.isAlive || this.#world.disk.isBroken || code === 'storage.closed') return
      trace.note(`rule ${bus.shape.name}/${name} was refused: ${code}`)
    }
    if (!serving.isAlive) return
    const next = serving.logs.next(bus.key)
    if (!isReverted && shape?.start === 'oldest' && bus.shape.name !== 'small') {
      change.oldestFrom = 1
    }
    rule.end(change, next, isReverted)
    if (!isReverted)
      trace.note(`rule ${bus.shape.name}/${name} is in force, between ${change.lo} and ${next}`)
  }

  async #replay(bus: BusModel, name: string): Promise<void> {
    const { chance, delivery, trace } = this.#world
    const shape = bus.rule(name).shape
    const serving = this.#world.serving
    if (delivery === undefined || shape === undefined || serving === undefined) return
    const from = chance.between(1, Math.max(1, bus.next))
    const marked = chance.happens(0.8)
    const isUncertain = bus.rule(name).underWay !== undefined || bus.shape.name !== 'main'
    const changes = bus.rule(name).changes.length
    try {
      const status = await delivery.startReplay({
        bus: bus.key,
        rule: name,
        from: { position: from },
        marked,
        ...(chance.happens(0.3) ? { ratePerSecondMax: chance.pick([1, 5, 50]) } : {}),
        ...(chance.happens(0.2) ? { dryRun: true } : {}),
      })
      if (!serving.isAlive || status.state === 'dry-run') return
      trace.note(`replay ${status.id} of ${bus.shape.name}/${name} from ${status.from} to ${status.to}`)
      const isDisturbed = isUncertain || changes !== bus.rule(name).changes.length
      const { id, targets } = status
      const matches = shape.kind.matches
      bus.replays.set(id, {
        id,
        rule: name,
        targets,
        from: status.from,
        to: status.to,
        marked,
        matches,
        isDisturbed,
      })
      this.#world.tally.add('run', 'replays')
    } catch (thrown) {
      if (serving.isAlive) trace.note(`a replay was refused: ${toAppError(thrown).code}`)
    }
  }

  async #cancel(bus: BusModel): Promise<void> {
    const id = [...bus.replays.keys()].at(-1)
    if (id === undefined) return
    await this.#world.delivery?.cancelReplay(bus.key, id).catch(() => {})
  }

  #changeMood(): void {
    const { chance, outside, trace } = this.#world
    const sink = chance.pick(badSinkNames)
    const mood: Mood = chance.weighted({
      steady: 6,
      flaky: 4,
      failing: 2,
      gone: 2,
      throttling: 1,
      hanging: 2,
      deaf: 1,
      late: 2,
      lying: 2,
      throwing: 1,
      twice: 1,
    })
    trace.note(`target ${sink} is ${mood} now`)
    outside.moods.set(sink, mood)
  }

  #changeDisk(): void {
    const { chance, trace } = this.#world
    const mood: DiskMood = chance.weighted({ sound: 6, slow: 3, refusing: 2, full: 2, breaking: 1 })
    trace.note(`the disk is ${mood} now`)
    this.#world.setDiskMood(mood)
  }
}
