import { type EventText, scanStructured } from '@millrace/cloudevents'
import { type AcceptOutcome, busKey, engineAttributePrefix } from '@millrace/server/engine'
import type { BusModel, SentEvent } from './bus-model.ts'
import { eventKinds, eventTypes } from './pattern-kinds.ts'
import { account } from './engine-process.ts'
import type { World } from './world.ts'

/** Refusals that promise that nothing was stored. */
const definite: ReadonlySet<string> = new Set([
  'event.too-large',
  'bus.log-full',
  'bus.read-only',
  'storage.full',
  'storage.busy',
  'ingest.closed',
])

/** Draws and sends events, and keeps account of the answers. */
export class Producer {
  readonly #world: World
  #nonce = 0

  constructor(world: World) {
    this.#world = world
  }

  /** Sends a few events at once; resolves when they were answered, or never, when the process dies first. */
  async publish(bus: BusModel): Promise<void> {
    const { chance } = this.#world
    const count = chance.pick([1, 1, 2, 3, 5, 12])
    const ids = Array.from({ length: count }, () => this.#id(bus))
    // A twin: the same id a second time while the first is under way.
    if (bus.shape.dedupWindowMs > 0 && chance.happens(0.3)) {
      const [twin] = ids
      if (twin !== undefined) void this.#send(bus, [twin])
    }
    await this.#send(bus, ids)
  }

  /** Sends one event that must be taken; resolves with whether it was. */
  async probe(bus: BusModel): Promise<boolean> {
    const outcomes = await this.#send(bus, [`probe-${++this.#nonce}`], 10)
    return outcomes.every(({ status }) => status !== 'refused')
  }

  /** The built-in bus refuses whoever is not the platform. */
  async publishToDefault(): Promise<void> {
    const process = this.#world.serving
    const view = process?.resources.snapshots.current().buses.get(busKey(account, 'default'))
    if (process === undefined || view === undefined) return
    const [outcome] = await process.ingest.accept(view, [this.#event('x', { nonce: -1, size: 10 }).text])
    const code = outcome?.status === 'refused' ? outcome.error.code : outcome?.status
    this.#world.findings.expect('read-only', code === 'bus.read-only', () => {
      return `an event for the built-in bus was answered with ${code}`
    })
  }

  #id(bus: BusModel): string {
    const { chance } = this.#world
    const earlier = [...bus.sent.values()].slice(-10)
    if (earlier.length > 0 && chance.happens(0.15)) return chance.pick(earlier).id
    return `e${this.#nonce + 1}-${bus.shape.name}-${chance.between(0, 1e9)}`
  }

  async #send(bus: BusModel, ids: readonly string[], wantedSize?: number): Promise<AcceptOutcome[]> {
    const { chance, serving, tally, trace } = this.#world
    const view = serving?.resources.snapshots.current().buses.get(bus.key)
    if (serving === undefined || view === undefined) return []
    const sent: { event: SentEvent; text: EventText }[] = []
    for (const id of ids) {
      const size = wantedSize ?? (chance.happens(0.04) ? 2_000 : chance.pick([10, 100, 400]))
      const made = this.#event(id, { nonce: ++this.#nonce, size })
      bus.sent.set(made.event.nonce, made.event)
      sent.push(made)
    }
    tally.add('run', 'sent', sent.length)
    const nonces = sent.map(({ event }) => event.nonce).join()
    trace.note(`send ${nonces} to ${bus.shape.name}`)
    const outcomes = await serving.ingest.accept(
      view,
      sent.map(({ text }) => text),
    )
    if (!serving.isAlive) return outcomes
    trace.note(`answer to ${nonces}: ${outcomes.map(describe).join()}`)
    for (const [index, outcome] of outcomes.entries()) {
      const event = sent[index]?.event
      if (event !== undefined) this.#answered(bus, event, outcome)
    }
    return outcomes
  }

  #answered(bus: BusModel, event: SentEvent, outcome: AcceptOutcome): void {
    const { findings, tally } = this.#world
    tally.add('answer', outcome.status === 'refused' ? outcome.error.code : outcome.status)
    if (outcome.status === 'refused') {
      if (definite.has(outcome.error.code)) bus.refused.add(event.nonce)
      return
    }
    const stored = bus.events.get(outcome.position)
    const isThere = outcome.status === 'accepted' ? stored?.nonce === event.nonce : stored?.id === event.id
    findings.expect('durable', isThere || outcome.position < bus.first, () => {
      return `event ${event.nonce} was answered ${outcome.status} at position ${outcome.position} of ${bus.key}, where ${stored?.nonce ?? 'nothing'} is`
    })
    if (stored !== undefined) bus.acknowledged.set(outcome.position, stored)
  }

  #event(
    id: string,
    { nonce, size }: { nonce: number; size: number },
  ): { event: SentEvent; text: EventText } {
    const { chance } = this.#world
    const type = chance.pick(eventTypes)
    const kind = chance.pick(eventKinds)
    const key = chance.pick(['k1', 'k2', 'k3'])
    const n = chance.between(0, 100)
    const data = { nonce, key, kind, n, pad: 'x'.repeat(size) }
    const json = JSON.stringify({ specversion: '1.0', id, source: '/simulation', type, data })
    const text = scanStructured(json, { watchPrefix: engineAttributePrefix })
    return { event: { nonce, id, key, facts: { type, kind, n } }, text }
  }
}

function describe(outcome: AcceptOutcome): string {
  return outcome.status === 'refused' ? outcome.error.code : `${outcome.status}@${outcome.position}`
}
