import type { Clock, Random, Storage } from '@millrace/spi'
import {
  createDelivery,
  createIngest,
  type Delivery,
  type EngineObserver,
  type EventLogs,
  type Ingest,
  openEventLogs,
  openResources,
  pumpCursor,
  type Resources,
  type SinkResolver,
} from '@millrace/server/engine'
import type { Disk } from './disk.ts'
import type { Outside } from './outside.ts'
import type { Plant } from './plant.ts'
import { ProcessClock } from './process-clock.ts'

export const account = 'acme'

export interface ProcessParts {
  readonly clock: Clock
  readonly random: Random
  readonly disk: Disk
  readonly outside: Outside
  readonly observer: EngineObserver
  readonly plant: Plant | undefined
  readonly heldBytesMax: number
  /** Told of warnings of the engine. */
  warn(message: string): void
}

/** One life of the server: everything from the door for events to the sinks, in the order in which `app` builds it. */
export class EngineProcess {
  readonly life: number
  readonly clock: ProcessClock
  readonly #parts: ProcessParts
  readonly #storage: Storage
  readonly logs: EventLogs
  #isAlive = true
  #resources: Resources | undefined
  #delivery: Delivery | undefined
  #ingest: Ingest | undefined

  constructor(life: number, parts: ProcessParts) {
    this.life = life
    this.#parts = parts
    this.clock = new ProcessClock(parts.clock)
    const ports = parts.disk.ports()
    this.#storage = parts.plant?.storage?.(ports, this.clock) ?? ports
    this.logs = openEventLogs(this.#storage.log)
  }

  get isAlive(): boolean {
    return this.#isAlive
  }

  get resources(): Resources {
    return existing(this.#resources)
  }

  get delivery(): Delivery {
    return existing(this.#delivery)
  }

  get ingest(): Ingest {
    return existing(this.#ingest)
  }

  async start(): Promise<void> {
    const { random, outside, observer, plant, heldBytesMax } = this.#parts
    const { logs, clock } = this
    const storage = this.#storage
    this.#resources = await openResources(this.#host(), account)
    const { snapshots } = this.#resources
    const makeIngest = (): Ingest =>
      createIngest({
        logs,
        clock,
        random,
        observer,
        makeRoom: (bus, roomBytes) => this.delivery.makeRoom(bus, roomBytes),
      })
    const resolver: SinkResolver = outside.resolver(this.life, () => this.#isAlive)
    const sinks = plant?.sinks?.(resolver, clock) ?? resolver
    const warn = (message: string, fields?: Record<string, unknown>): void => {
      if (this.#isAlive) this.#parts.warn(`${message} ${JSON.stringify(fields ?? {})}`)
    }
    const log = { debug: () => {}, info: () => {}, warn, error: warn }
    const shared = { storage, logs, snapshots, sinks, clock, random, log, observer }
    this.#delivery = createDelivery({ ...shared, heldBytesMax })
    this.#ingest = plant?.ingest?.(makeIngest) ?? makeIngest()
    await this.#delivery.start()
  }

  /** SIGKILL: nothing of it runs any further that anybody could notice. */
  kill(): void {
    this.#isAlive = false
    this.clock.kill()
  }

  /** SIGTERM: close the door, drain, then force. */
  async stop(): Promise<void> {
    const ingest = this.#ingest?.[Symbol.asyncDispose]()
    await this.#delivery?.[Symbol.asyncDispose]()
    await ingest
    await this.#storage[Symbol.asyncDispose]()
  }

  #host(): Parameters<typeof openResources>[0] {
    const { logs, clock } = this
    const storage = this.#storage
    return {
      documents: storage.documents,
      clock,
      openLog: bus => logs.open(bus),
      nextPosition: bus => logs.next(bus),
      routedPosition: async bus => (await storage.queue.cursor(pumpCursor(bus))) ?? 1,
      emptyLog: async bus => void (await logs.trim(bus, Number.POSITIVE_INFINITY)),
      checkRule: (_account, spec) => Promise.resolve(spec),
      checkFunction: () => Promise.resolve(),
      secrets: { seal: text => text, open: text => text },
    }
  }
}

function existing<Part>(part: Part | undefined): Part {
  if (part === undefined) throw new Error('the process has not started')
  return part
}
