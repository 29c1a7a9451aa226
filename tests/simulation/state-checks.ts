import { pumpCursor, queueName } from '@millrace/server/engine'
import type { MemoryStorage } from '@millrace/storage-memory'
import type { BusModel } from './bus-model.ts'
import type { Model } from './model.ts'
import type { RuleModel } from './rule-model.ts'
import type { Findings } from './findings.ts'

const unlimited = { entriesMax: 1e9, bytesMax: 1e12 }

/** Compares what storage shows with the model; called when nothing is running, so that all reads see one state. */
export class StateChecks {
  readonly #model: Model
  readonly #findings: Findings
  /** Deliveries that are as they must be and will not change, by queue. Forgotten at a crash. */
  #done = new Map<string, Set<number>>()

  constructor(model: Model, findings: Findings) {
    this.#model = model
    this.#findings = findings
  }

  /** After each step. */
  async step(store: MemoryStorage): Promise<void> {
    for (const bus of this.#model.buses.values()) {
      const { first, next } = await store.log.stat(bus.key)
      const cursor = (await store.queue.cursor(pumpCursor(bus.key))) ?? 1
      bus.first = first
      for (const [name, rule] of bus.rules) {
        for (const target of rule.targets()) {
          await this.#checkQueue(store, bus, name, rule, target, Math.min(cursor, next))
        }
      }
    }
  }

  /** After a crash: what was acknowledged is there, byte by byte, and nothing lies where it should not. */
  async restart(store: MemoryStorage, isDurable: (bus: BusModel) => boolean): Promise<void> {
    this.#done = new Map()
    for (const bus of this.#model.buses.values()) {
      const { first, next } = await store.log.stat(bus.key)
      const journal = await store.log.stat(`${bus.key}#journal`)
      const entries = await store.log.read(bus.key, 1, unlimited)
      for (const [index, { position, bytes }] of entries.entries()) {
        this.#findings.expect('positions', position === first + index, () => {
          return `${bus.key} has a gap before position ${position}`
        })
        const known = bus.events.get(position)
        const isSame = known === undefined || known.text === Buffer.from(bytes).toString()
        this.#findings.expect('durable', isSame, () => {
          return `position ${position} of ${bus.key} holds other bytes after the crash`
        })
      }
      for (const [position, { nonce }] of bus.acknowledged) {
        if (position < next) continue
        this.#findings.expect('durable', !isDurable(bus), () => {
          return `event ${nonce} was acknowledged at position ${position} of ${bus.key}, and is gone after the crash`
        })
        bus.acknowledged.delete(position)
      }
      bus.rewind(next, journal.next)
      for (const entry of entries) this.#model.adopt(bus, entry.position, entry)
    }
  }

  async #checkQueue(
    store: MemoryStorage,
    bus: BusModel,
    name: string,
    rule: RuleModel,
    target: string,
    cursor: number,
  ): Promise<void> {
    const queue = queueName(bus.key, name, target)
    const done = this.#doneOf(queue)
    const pending = new Set(
      (await store.queue.read(queue, { kind: 'all', after: 0 }, 1e9)).map(({ position }) => position),
    )
    const endings = new Map<number, number>()
    for (const line of bus.lines) {
      if (line.rule !== name || line.target !== target || line.replay !== undefined) continue
      endings.set(line.position, (endings.get(line.position) ?? 0) + 1)
    }
    for (const event of bus.events.values()) {
      const { position, nonce, facts } = event
      if (position >= cursor || done.has(position)) continue
      const ended = endings.get(position) ?? 0
      const isPending = pending.has(position)
      const { least, most } = rule.expect(position, facts, target)
      const what = `event ${nonce} at position ${position} of ${queue}`
      const seen = ended + (isPending ? 1 : 0)
      if (ended > 1) {
        this.#findings.expect('one ending', ended <= most, () => `${what} has ${ended} endings`)
      } else if (rule.isCertain(position)) {
        this.#findings.expect('routed', seen <= most, () => {
          return `${what} is ${isPending ? 'pending' : 'ended'}${isPending && ended > 0 ? ' and ended' : ''}, but should be there ${most} times`
        })
        // The past of a rule that starts at the oldest event is routed bit by bit; the end of the run sees to it.
        const isRouted = rule.changes.every(({ shape }) => shape?.start !== 'oldest') || least === 0
        this.#findings.expect('routed', seen >= least || !isRouted, () => {
          return `${what} was routed, but is neither pending nor ended`
        })
      }
      if (position < bus.first) {
        this.#findings.expect(
          'retention',
          !isPending && (ended >= least || !rule.isCertain(position)),
          () => {
            return `${what} was removed from the log before it had ended`
          },
        )
      }
      if (!isPending && ended === least && least === most && rule.isCertain(position)) done.add(position)
    }
  }

  #doneOf(queue: string): Set<number> {
    let done = this.#done.get(queue)
    if (done === undefined) {
      done = new Set()
      this.#done.set(queue, done)
    }
    return done
  }
}
