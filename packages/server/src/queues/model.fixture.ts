import type { AppError, Storage } from '@millrace/spi'
import type { FakeClock } from '@millrace/spi/conformance'
import fc from 'fast-check'
import { expect } from 'vitest'
import type { QueueSpec } from '../resources/index.ts'
import type { Queues } from './queues.ts'
import { account, noSignal, openQueues, QueueWall } from './queues.fixture.ts'

/** What anybody may do to a queue, as data, so that a failing sequence can be shrunk. */
export type Action =
  | { readonly kind: 'send'; readonly messages: readonly { priority: number; delayMs: number | undefined }[] }
  | { readonly kind: 'receive'; readonly count: number }
  | { readonly kind: 'peek'; readonly count: number }
  | { readonly kind: 'delete'; readonly pick: number }
  | { readonly kind: 'change'; readonly pick: number; readonly visibilityMs: number }
  | { readonly kind: 'pass'; readonly delayMs: number }
  | { readonly kind: 'crash' }

const delayMs = fc.option(fc.constantFrom(0, 1_000, 5_000), { nil: undefined })

export const actions: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('send' as const),
      messages: fc.array(fc.record({ priority: fc.constantFrom(1, 8, 8, 16), delayMs }), {
        minLength: 1,
        maxLength: 4,
      }),
    }),
    fc.record({ kind: fc.constant('receive' as const), count: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ kind: fc.constant('peek' as const), count: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ kind: fc.constant('delete' as const), pick: fc.nat(100) }),
    fc.record({
      kind: fc.constant('change' as const),
      pick: fc.nat(100),
      visibilityMs: fc.constantFrom(1_000, 3_000, 10_000),
    }),
    fc.record({ kind: fc.constant('pass' as const), delayMs: fc.constantFrom(1, 999, 1_000, 4_000, 30_000) }),
    fc.constant({ kind: 'crash' as const }),
  ),
  { maxLength: 40 },
)

interface ModelMessage {
  readonly number: number
  readonly priority: number
  readonly enqueuedAtMs: number
  /** Hidden or put off until then. */
  visibleAtMs: number
  receives: number
  firstReceivedAtMs: number
  handle: string | undefined
}

/** The queue as its users understand it: a list that is searched from the beginning for everything. */
class Model {
  readonly #spec: Pick<QueueSpec, 'delayMs' | 'visibilityMs' | 'retentionMs'>
  #messages: ModelMessage[] = []
  #count = 0

  constructor(spec: Pick<QueueSpec, 'delayMs' | 'visibilityMs' | 'retentionMs'>) {
    this.#spec = spec
  }

  send(nowMs: number, priority: number, delayMs: number | undefined): number {
    const number = this.#count++
    const times = { enqueuedAtMs: nowMs, firstReceivedAtMs: nowMs }
    const visibleAtMs = nowMs + (delayMs ?? this.#spec.delayMs)
    this.#messages.push({ number, priority, ...times, visibleAtMs, receives: 0, handle: undefined })
    return number
  }

  receivable(nowMs: number, count: number): ModelMessage[] {
    this.#expire(nowMs)
    return this.#messages
      .filter(({ visibleAtMs }) => visibleAtMs <= nowMs)
      .sort(
        (left, right) =>
          left.priority - right.priority ||
          left.visibleAtMs - right.visibleAtMs ||
          left.number - right.number,
      )
      .slice(0, count)
  }

  receive(nowMs: number, message: ModelMessage, handle: string): void {
    if (message.receives === 0) message.firstReceivedAtMs = nowMs
    message.receives += 1
    message.visibleAtMs = nowMs + this.#spec.visibilityMs
    message.handle = handle
  }

  /** Why a handle does not count for a message. */
  fault(nowMs: number, number: number, handle: string): string | undefined {
    this.#expire(nowMs)
    const message = this.#messages.find(candidate => candidate.number === number)
    if (message === undefined) return 'queue.message-not-found'
    return message.handle === handle && nowMs < message.visibleAtMs ? undefined : 'queue.handle-invalid'
  }

  delete(number: number): void {
    this.#messages = this.#messages.filter(message => message.number !== number)
  }

  change(number: number, visibleAtMs: number, handle: string): void {
    const message = this.#messages.find(candidate => candidate.number === number)
    if (message !== undefined) Object.assign(message, { visibleAtMs, handle })
  }

  stats(nowMs: number): { active: number; inactive: number; delayed: number } {
    this.#expire(nowMs)
    const hidden = this.#messages.filter(({ visibleAtMs }) => visibleAtMs > nowMs)
    const inactive = hidden.filter(({ receives }) => receives > 0).length
    return { active: this.#messages.length - hidden.length, inactive, delayed: hidden.length - inactive }
  }

  #expire(nowMs: number): void {
    this.#messages = this.#messages.filter(
      ({ enqueuedAtMs }) => nowMs < enqueuedAtMs + this.#spec.retentionMs,
    )
  }
}

const spec = { delayMs: 0, visibilityMs: 5_000, retentionMs: 60_000 }

/** Storage that can be lost and found again. */
export interface Place {
  readonly storage: Pick<Storage, 'log' | 'queue'>
  /** Ends the storage as its kind of failure would, and opens it again. */
  reopen(): Promise<void>
}

/** Does the same to a queue and to the model, and compares all that can be seen. */
export class Comparison {
  readonly #place: Place
  readonly #clock: FakeClock
  readonly #wall = new QueueWall()
  readonly #model = new Model(spec)
  readonly #handles: { readonly number: number; readonly handle: string }[] = []
  #queues: Queues

  constructor(place: Place, clock: FakeClock) {
    this.#place = place
    this.#clock = clock
    this.#wall.put('q', spec)
    this.#queues = openQueues(place.storage, this.#wall, clock, { turnMessagesMax: 3 })
  }

  async run(sequence: readonly Action[]): Promise<void> {
    try {
      for (const action of sequence) {
        await this.#act(action)
        const { active, inactive, delayed } = await this.#queues.stats(account, 'q')
        expect({ active, inactive, delayed }).toEqual(this.#model.stats(this.#clock.nowMs()))
      }
    } finally {
      await this.#queues[Symbol.asyncDispose]()
    }
  }

  async #act(action: Action): Promise<void> {
    switch (action.kind) {
      case 'send':
        return await this.#send(action.messages)
      case 'receive':
        return await this.#receive(action.count)
      case 'peek':
        return await this.#peek(action.count)
      case 'delete':
        return await this.#delete(action.pick)
      case 'change':
        return await this.#change(action.pick, action.visibilityMs)
      case 'pass':
        return await this.#clock.advance(action.delayMs)
      case 'crash':
        await this.#queues[Symbol.asyncDispose]()
        await this.#place.reopen()
        this.#queues = openQueues(this.#place.storage, this.#wall, this.#clock, { turnMessagesMax: 3 })
    }
  }

  async #send(messages: readonly { priority: number; delayMs: number | undefined }[]): Promise<void> {
    const known = messages.map(({ priority, delayMs }) =>
      this.#model.send(this.#clock.nowMs(), priority, delayMs),
    )
    const outcomes = await this.#queues.send(
      account,
      'q',
      messages.map(({ priority, delayMs }, index) => ({
        body: Buffer.from(String(known[index])),
        priority,
        ...(delayMs === undefined ? {} : { delayMs }),
      })),
    )
    for (const [index, outcome] of outcomes.entries()) {
      const number = known[index] ?? -1
      expect(outcome.status).toBe('sent')
      if (outcome.status !== 'sent' || outcome.message.handle === undefined) continue
      const { handle } = outcome.message
      this.#model.change(number, this.#clock.nowMs() + (messages[index]?.delayMs ?? 0), handle)
      this.#handles.push({ number, handle })
    }
  }

  async #receive(count: number): Promise<void> {
    const nowMs = this.#clock.nowMs()
    const expected = this.#model.receivable(nowMs, Math.min(count, 3))
    const received = await this.#queues.receive(account, 'q', { count }, noSignal)
    expect(received.map(({ body }) => Number(Buffer.from(body)))).toEqual(
      expected.map(({ number }) => number),
    )
    for (const [index, message] of received.entries()) {
      const known = expected[index]
      if (known === undefined) continue
      this.#model.receive(nowMs, known, message.handle)
      this.#handles.push({ number: known.number, handle: message.handle })
      const { priority, enqueuedAtMs, firstReceivedAtMs, receives, visibleAtMs } = known
      expect(message).toMatchObject({ priority, enqueuedAtMs, firstReceivedAtMs, receives, visibleAtMs })
    }
  }

  async #peek(count: number): Promise<void> {
    const expected = this.#model.receivable(this.#clock.nowMs(), count)
    const seen = await this.#queues.peek(account, 'q', count)
    expect(seen.map(({ body, receives }) => [Number(Buffer.from(body)), receives])).toEqual(
      expected.map(({ number, receives }) => [number, receives]),
    )
  }

  async #delete(pick: number): Promise<void> {
    const held = this.#handles[pick % Math.max(1, this.#handles.length)]
    if (held === undefined) return
    const expected = this.#model.fault(this.#clock.nowMs(), held.number, held.handle)
    const [failure] = await this.#queues.delete(account, 'q', [held.handle])
    expect(failure?.code).toBe(expected)
    if (expected === undefined) this.#model.delete(held.number)
  }

  async #change(pick: number, visibilityMs: number): Promise<void> {
    const held = this.#handles[pick % Math.max(1, this.#handles.length)]
    if (held === undefined) return
    const nowMs = this.#clock.nowMs()
    const expected = this.#model.fault(nowMs, held.number, held.handle)
    const changed = await this.#queues
      .changeVisibility(account, 'q', held.handle, visibilityMs)
      .catch((thrown: AppError) => thrown.code)
    if (typeof changed === 'string') {
      expect(changed).toBe(expected)
      return
    }
    expect([undefined, nowMs + visibilityMs]).toEqual([expected, changed.visibleAtMs])
    this.#model.change(held.number, changed.visibleAtMs, changed.handle)
    this.#handles.push({ number: held.number, handle: changed.handle })
  }
}
