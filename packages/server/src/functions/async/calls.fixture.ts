import {
  AppError,
  type Outcome,
  type OutgoingRecord,
  type Random,
  retryBackoff,
  type Sink,
} from '@millrace/spi'
import { FakeClock, seededRandom } from '@millrace/spi/conformance'
import { type MemoryStorage, openStorage } from '@millrace/storage-memory'
import { createDelivery, type Delivery, registeredQueues } from '../../delivery/index.ts'
import { type EventLogs, openEventLogs } from '../../eventlog/index.ts'
import { silentObserver } from '../../observability/index.ts'
import {
  type AsyncSpec,
  emptySnapshot,
  FunctionSpec,
  type FunctionView,
  functionView,
  journalLog,
  type SinkSpec,
  type Snapshot,
  type Snapshots,
} from '../../resources/index.ts'
import { Value } from 'typebox/value'
import { functionError } from '../errors.ts'
import type { FunctionFailure } from '../failure.ts'
import type { InvocationResult, InvokeOptions } from '../invoke/index.ts'
import { type AsyncCalls, createAsyncCalls } from './async-calls.ts'
import type { CallLimits } from './limits.ts'

export const account = 'acme'
/** Log of the hidden bus. */
export const callLog = 'acme/$calls'

/** The functions of the account as a control plane would show them. They outlive crashes, as its documents do. */
export class Functions implements Snapshots {
  readonly #listeners = new Set<(next: Snapshot, previous: Snapshot) => void>()
  readonly #clock: FakeClock
  #snapshot: Snapshot = emptySnapshot

  constructor(clock: FakeClock) {
    this.#clock = clock
  }

  current(): Snapshot {
    return this.#snapshot
  }

  subscribe(listener: (next: Snapshot, previous: Snapshot) => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) }
  }

  /** Makes a function or changes its settings, by qualifier. */
  put(name: string, settings: Readonly<Record<string, Partial<AsyncSpec>>> = {}): FunctionView {
    const nowMs = this.#clock.nowMs()
    const known = this.#snapshot.functions.get(`${account}/${name}`)
    const spec = Value.Default(FunctionSpec, {}) as FunctionSpec
    const revision = (known?.revision ?? 0) + 1
    const createdAtMs = known?.createdAtMs ?? nowMs
    const view = functionView(account, name, { spec, revision, createdAtMs, updatedAtMs: nowMs })
    const async = new Map(
      Object.entries(settings).map(([qualifier, setting]) => {
        const complete = { retriesMax: 3, ageMsMax: 86_400_000, tasks: false, ...setting }
        const times = { createdAtMs: nowMs, updatedAtMs: nowMs }
        return [qualifier, { name: qualifier, spec: complete, revision: 1, ...times }]
      }),
    )
    const aliases = new Map(
      Object.keys(settings)
        .filter(qualifier => qualifier !== 'LATEST')
        .map(name => {
          const alias = { description: '', version: '1' }
          return [name, { name, spec: alias, revision: 1, createdAtMs: nowMs, updatedAtMs: nowMs }]
        }),
    )
    const complete = { ...view, async, aliases }
    this.#publish(new Map(this.#snapshot.functions).set(view.key, complete))
    return complete
  }

  delete(name: string): void {
    const functions = new Map(this.#snapshot.functions)
    functions.delete(`${account}/${name}`)
    this.#publish(functions)
  }

  #publish(functions: ReadonlyMap<string, FunctionView>): void {
    const previous = this.#snapshot
    this.#snapshot = { ...previous, revision: previous.revision + 1, functions }
    for (const listener of this.#listeners) listener(this.#snapshot, previous)
  }
}

/** What a function does with one call: answer (at once or later), fail, throw what the platform throws, or run until it is aborted. */
export type Behaviour = (
  call: MadeCall,
  count: number,
) => InvocationResult | Promise<InvocationResult> | AppError | 'hang'

export interface MadeCall {
  readonly name: string
  readonly payload: Uint8Array
  readonly options: InvokeOptions
  readonly atMs: number
}

/** What is outside of calls and outlives their crashes: functions, and destinations by the name of a bus. */
export class Outside {
  readonly functions: Functions
  readonly behaviours = new Map<string, Behaviour>()
  readonly made: MadeCall[] = []
  readonly told: {
    readonly destination: string
    readonly event: Record<string, unknown>
    readonly body: unknown
  }[] = []
  destination: (name: string, count: number) => Outcome = () => ({ status: 'ok' })
  readonly #clock: FakeClock

  constructor(clock: FakeClock) {
    this.#clock = clock
    this.functions = new Functions(clock)
  }

  async invoke(name: string, payload: Uint8Array, options: InvokeOptions): Promise<InvocationResult> {
    options.signal.throwIfAborted()
    if (!this.functions.current().functions.has(`${account}/${name}`))
      throw functionError('function.not-found', name)
    this.made.push({ name, payload, options, atMs: this.#clock.nowMs() })
    const count = this.made.filter(call => call.options.requestId === options.requestId).length
    const answer = this.behaviours.get(name)?.(this.made.at(-1) as MadeCall, count) ?? succeeded('ok')
    if (answer instanceof AppError) throw answer
    if (answer !== 'hang') return answer
    return await new Promise((_, reject) => {
      options.signal.addEventListener('abort', () => reject(options.signal.reason as Error), { once: true })
    })
  }

  sink(name: string): Sink {
    return {
      write: records => Promise.resolve(records.map(record => this.#tell(name, record))),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }
  }

  #tell(destination: string, record: OutgoingRecord): Outcome {
    const parse = (bytes: Uint8Array): unknown => JSON.parse(Buffer.from(bytes).toString())
    const outcome = this.destination(destination, this.told.length + 1)
    if (outcome.status === 'ok') {
      const event = parse(record.event) as Record<string, unknown>
      this.told.push({ destination, event, body: parse(record.body) })
    }
    return outcome
  }
}

const metering = {
  durationMs: 3,
  billedMs: 3,
  cpu: 1,
  waitMs: 1,
  coldStart: false,
  memoryMiB: 512,
  memoryKiBMax: 1_000,
  instanceId: 'c-1',
  version: 'LATEST',
}

export function succeeded(text: string): InvocationResult {
  return { status: 'ok', requestId: '', payload: Buffer.from(text), contentType: undefined, metering }
}

export function failedBy(message: string): InvocationResult {
  const failure: FunctionFailure = {
    type: 'UnhandledInvocationError',
    cause: 'failed',
    errorMessage: message,
    errorType: 'Error',
    stackTrace: [],
  }
  return { status: 'failed', requestId: '', failure, metering }
}

export const busy = new AppError('function.throttled', 'no room', { kind: 'after', delayMs: 1_000 })

export interface EngineOptions {
  readonly clock: FakeClock
  readonly outside: Outside
  readonly storage?: MemoryStorage
  readonly random?: Random
  readonly limits?: Partial<CallLimits>
}

/** Asynchronous calls with the engine below them, over memory storage and a clock that stands still. */
export class CallEngine implements AsyncDisposable {
  readonly clock: FakeClock
  readonly outside: Outside
  readonly storage: MemoryStorage
  readonly logs: EventLogs
  readonly calls: AsyncCalls
  readonly delivery: Delivery
  readonly warnings: string[] = []
  /** What was told to the counters. */
  readonly counted: string[] = []

  private constructor(options: EngineOptions, storage: MemoryStorage) {
    const { clock, outside } = options
    const random = options.random ?? seededRandom(1)
    const logs = openEventLogs(storage.log)
    const warn = (message: string): void => void this.warnings.push(message)
    const log = { debug: () => {}, info: () => {}, warn, error: warn }
    this.clock = clock
    this.outside = outside
    this.storage = storage
    this.logs = logs
    this.calls = createAsyncCalls({
      snapshots: outside.functions,
      documents: storage.documents,
      invoke: (_account, name, payload, invokeOptions) => outside.invoke(name, payload, invokeOptions),
      append: async (bus, event) => {
        await logs.open(bus.key)
        await logs.append(bus.key, [{ bytes: event.bytes, acceptedAtMs: clock.nowMs() }], 'durable')
      },
      queues: begin => registeredQueues(storage.documents, begin),
      clock,
      random,
      log,
      observer: {
        enqueued: key => void this.counted.push(`enqueued ${key}`),
        dequeued: (key, latencyMs) => void this.counted.push(`dequeued ${key} ${latencyMs}`),
        expired: key => void this.counted.push(`expired ${key}`),
        destination: (key, isTold) => void this.counted.push(`${isTold ? 'told' : 'not told'} ${key}`),
      },
      ...(options.limits === undefined ? {} : { limits: options.limits }),
    })
    const open = (spec: SinkSpec): Sink => {
      const sink = this.calls.sink(account, spec, open)
      if (sink !== undefined) return sink
      if ('bus' in spec) return outside.sink(spec.bus)
      if ('connector' in spec) return outside.sink(spec.connector)
      throw new AppError('sink.unavailable', 'no such destination', retryBackoff)
    }
    this.delivery = createDelivery({
      storage,
      logs,
      snapshots: this.calls.snapshots,
      sinks: { open: (_account, spec) => open(spec) },
      clock,
      random,
      log,
      observer: silentObserver,
    })
  }

  static async start(options: EngineOptions): Promise<CallEngine> {
    const storage = options.storage ?? (await openStorage({ clock: options.clock }))
    const engine = new CallEngine(options, storage)
    await engine.calls.start()
    await engine.delivery.start()
    return engine
  }

  /** A fresh world with one function `f`. */
  static async withFunction(
    settings: Readonly<Record<string, Partial<AsyncSpec>>> = {},
  ): Promise<CallEngine> {
    const clock = new FakeClock()
    const outside = new Outside(clock)
    outside.functions.put('f', settings)
    return await CallEngine.start({ clock, outside })
  }

  /** Lets the engine come to rest without moving time. */
  async settled(): Promise<void> {
    await this.delivery.settled(AbortSignal.timeout(10_000))
    await this.clock.settle()
    await this.delivery.settled(AbortSignal.timeout(10_000))
  }

  /** Moves time on, letting the engine come to rest after each step. */
  async pass(totalMs: number, stepMs = totalMs): Promise<void> {
    for (let passedMs = 0; passedMs < totalMs; passedMs += stepMs) {
      await this.clock.advance(stepMs)
      await this.settled()
    }
  }

  async endings(): Promise<(string | undefined)[]> {
    const entries = await this.storage.log.read(journalLog(callLog), 1, { entriesMax: 1e6, bytesMax: 1e9 })
    return entries
      .map(({ bytes }) => (JSON.parse(Buffer.from(bytes).toString()) as { ending?: string }).ending)
      .filter(ending => ending !== undefined)
  }

  /** Stops, moving time past the deadline for what hangs, and for flushes that take some. */
  async [Symbol.asyncDispose](): Promise<void> {
    await during(this.clock, this.#stop(), 1_000)
  }

  async #stop(): Promise<void> {
    await this.delivery[Symbol.asyncDispose]()
    await this.calls[Symbol.asyncDispose]()
  }
}

/** Moves time step by step until a promise has come to its end. */
export async function during<Result>(
  clock: FakeClock,
  promise: Promise<Result>,
  stepMs: number,
): Promise<Result> {
  const state = { isPending: true }
  const watched = promise.finally(() => {
    state.isPending = false
  })
  for (let turn = 0; turn < 100 && state.isPending; turn++) await clock.advance(stepMs)
  return await watched
}
