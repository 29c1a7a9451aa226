import {
  AppError,
  LocalLeases,
  type Outcome,
  ok,
  type OutgoingRecord,
  type Random,
  retryBackoff,
  type Sink,
} from '@millrace/spi'
import { FakeClock, seededRandom } from '@millrace/spi/conformance'
import { openStorage } from '@millrace/storage-memory'
import { Check } from 'typebox/value'
import type { SinkResolver } from '../delivery/index.ts'
import type { Tracer } from '../observability/index.ts'
import {
  emptySnapshot,
  type SinkSpec,
  type Snapshot,
  type Snapshots,
  StreamSpec,
  type StreamView,
} from '../resources/index.ts'
import { SimulatedSystem } from './simulated-system.fixture.ts'
import type { StreamStatus } from './status.ts'
import { createStreams, type Streams, type StreamsParts } from './streams.ts'

/** What a scripted sink does with one write. `hang` waits for its signal; `deaf` never answers. */
export type Script = (records: readonly OutgoingRecord[]) => readonly Outcome[] | 'hang' | 'deaf'

export const failing = (code = 'sink.failed', retry: AppError['retry'] = retryBackoff): Outcome => ({
  status: 'failed',
  error: new AppError(code, 'scripted', retry),
})

/** Sinks by the name of the connector or function; every write is kept. */
export class ScriptedSinks {
  readonly scripts = new Map<string, Script>()
  readonly writes: { readonly sink: string; readonly records: readonly OutgoingRecord[] }[] = []
  readonly refused = new Map<string, AppError>()
  /** Told of each write before its script is asked. */
  onWrite: (sink: string, records: readonly OutgoingRecord[]) => void = () => {}
  onWritten: (sink: string, records: readonly OutgoingRecord[], outcomes: readonly Outcome[]) => void =
    () => {}
  isKept = true

  /** The resolver of one process: after its death nothing that it writes arrives, nor is answered. */
  resolver(life: { isDead: boolean }): SinkResolver {
    return {
      open: (_account, spec) => {
        const name = nameOf(spec)
        const refusal = this.refused.get(name)
        if (refusal !== undefined) throw refusal
        return this.#sink(name, life)
      },
    }
  }

  /** Ids of the events that were given to a sink, in order, one list for each write. */
  ids(sink: string): string[][] {
    return this.writes.filter(write => write.sink === sink).map(({ records }) => records.map(({ id }) => id))
  }

  #sink(name: string, life: { isDead: boolean }): Sink {
    return {
      write: async (records, signal) => {
        if (life.isDead) return await new Promise(() => {})
        if (this.isKept) this.writes.push({ sink: name, records })
        this.onWrite(name, records)
        await new Promise(resolve => setImmediate(resolve))
        if (life.isDead) return await new Promise(() => {})
        const answer = this.scripts.get(name)?.(records) ?? records.map(() => ok)
        if (answer === 'deaf') return await new Promise(() => {})
        if (answer === 'hang')
          return await new Promise((_, reject) => {
            if (signal.aborted) reject(signal.reason as Error)
            signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
          })
        this.onWritten(name, records, answer)
        return [...answer]
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }
  }
}

function nameOf(spec: SinkSpec): string {
  if ('connector' in spec) return spec.connector
  return 'function' in spec ? spec.function : 'other'
}

const account = 'acme'

export interface WorldOptions {
  readonly seed?: number
  readonly partitions?: number
  readonly isOrdered?: boolean
  readonly tasksMax?: number
  readonly sinkRecordsMax?: number
  readonly limits?: StreamsParts['limits']
  readonly tracer?: Tracer
}

/** Stream engines over one simulated system, memory storage, scripted sinks, and a clock that stands still. */
export class World implements AsyncDisposable {
  readonly clock = new FakeClock()
  readonly random: Random
  readonly system: SimulatedSystem
  readonly sinks = new ScriptedSinks()
  readonly warnings: string[] = []
  readonly #options: WorldOptions
  readonly #documents: StreamsParts['documents']
  readonly #listeners = new Set<(next: Snapshot, previous: Snapshot) => void>()
  readonly #leases: LocalLeases
  #snapshot: Snapshot = emptySnapshot
  #nodes: { readonly streams: Streams; readonly life: { isDead: boolean }; readonly readers: Set<object> }[] =
    []
  openProblem: AppError | undefined

  private constructor(options: WorldOptions, documents: StreamsParts['documents']) {
    this.#options = options
    this.#documents = documents
    this.random = seededRandom(options.seed ?? 1)
    this.system = new SimulatedSystem(this.random, options.partitions ?? 1, options.isOrdered ?? true)
    this.#leases = new LocalLeases(this.clock)
  }

  static async open(options: WorldOptions = {}): Promise<World> {
    const { documents } = await openStorage({ clock: new FakeClock() })
    return new World(options, documents)
  }

  get snapshots(): Snapshots {
    return {
      current: () => this.#snapshot,
      subscribe: listener => {
        this.#listeners.add(listener)
        return { [Symbol.dispose]: () => this.#listeners.delete(listener) }
      },
    }
  }

  get streams(): Streams {
    const [node] = this.#nodes
    if (node === undefined) throw new Error('no node runs')
    return node.streams
  }

  /** How the stream stands on each node. */
  statuses(): Promise<StreamStatus[]> {
    return Promise.all(this.#nodes.map(({ streams }) => streams.status('acme', 's')))
  }

  get nodes(): number {
    return this.#nodes.length
  }

  /** Writes the document of the stream `s`, or deletes it. */
  put(spec: Record<string, unknown> | undefined): void {
    const streams = new Map<string, StreamView>()
    if (spec !== undefined) {
      const complete = completed(spec)
      const times = { createdAtMs: 0, updatedAtMs: 0 }
      streams.set('acme/s', { account, name: 's', key: 'acme/s', spec: complete, revision: 1, ...times })
    }
    const previous = this.#snapshot
    this.#snapshot = { ...previous, revision: previous.revision + 1, streams }
    for (const listener of this.#listeners) listener(this.#snapshot, previous)
  }

  /** Starts one more process. */
  async startNode(): Promise<void> {
    const life = { isDead: false }
    const readers = new Set<object>()
    const keep = (message: string, fields?: Record<string, unknown>): void => {
      this.warnings.push(`${message} ${JSON.stringify(fields)}`)
    }
    const { tasksMax = 1, isOrdered = true, sinkRecordsMax = 1_000, limits = {}, tracer } = this.#options
    const streams = createStreams({
      snapshots: this.snapshots,
      documents: this.#documents,
      leases: this.#leases,
      node: `node-${this.random.id()}`,
      openSource: () => {
        if (this.openProblem !== undefined) return Promise.reject(this.openProblem)
        const source = this.system.open()
        readers.add(source)
        return Promise.resolve(source)
      },
      sourceTraits: () => Promise.resolve({ tasksMax, ordered: isOrdered }),
      sinks: this.sinks.resolver(life),
      sinkRecordsMax: () => Promise.resolve(sinkRecordsMax),
      clock: this.clock,
      random: this.random,
      log: { debug: () => {}, info: () => {}, warn: keep, error: keep },
      limits,
      ...(tracer === undefined ? {} : { tracer }),
    })
    await streams.start()
    this.#nodes.push({ streams, life, readers })
  }

  /** SIGKILL: nothing of it is heard any more; the system notices that its readers are gone. */
  killNode(): void {
    const node = this.#nodes.shift()
    if (node === undefined) return
    node.life.isDead = true
    for (const reader of this.system.readers.filter(each => node.readers.has(each))) {
      reader.isDead = true
      this.system.close(reader)
    }
    void Promise.resolve(node.streams[Symbol.asyncDispose]()).catch(() => {})
  }

  /** SIGTERM: drains. Time goes on meanwhile. */
  async stopNode(): Promise<void> {
    const node = this.#nodes.shift()
    const stopped = node?.streams[Symbol.asyncDispose]()
    await this.clock.advance(40_000)
    await stopped
  }

  /** Lets everything come to rest without moving time. */
  async settled(): Promise<void> {
    const signal = AbortSignal.timeout(10_000)
    await Promise.all(this.#nodes.map(({ streams }) => streams.settled(signal)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    while (this.#nodes.length > 0) await this.stopNode()
  }
}

/** A spec with its defaults, as documents have it. */
function completed(spec: Record<string, unknown>): StreamSpec {
  const complete = {
    description: '',
    source: { connector: 'sim', options: {} },
    pattern: {},
    dialect: 'standard',
    functions: [],
    parameters: {},
    sink: { connector: 'sink', options: {} },
    tasksMax: 1,
    concurrencyMax: 4,
    retry: { strategy: 'CUSTOM', retriesMax: 2, ageMsMax: 86_400_000, delayMsMin: 1_000, delayMsMax: 4_000 },
    onExhausted: 'continue',
    timeoutMs: 5_000,
    paused: false,
    ...spec,
    batch: { countMax: 10, windowMs: 0, bytesMax: 1_048_576, ...(spec['batch'] as object | undefined) },
  }
  if (!Check(StreamSpec, complete)) throw new Error('the spec of the test is none')
  return complete
}
