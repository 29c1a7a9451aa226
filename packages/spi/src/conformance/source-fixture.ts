import { tmpdir } from 'node:os'
import { parseStructured } from '@millrace/cloudevents'
import { type Clock, systemClock } from '../clock.ts'
import type { Connector } from '../connector.ts'
import { optionsParser } from '../options.ts'
import type { Checkpoints, Door, DoorAnswer, DoorRequest, Source, SourceContext } from '../source.ts'
import { seededRandom } from './seeded-random.ts'

/** A connector under test with its real external system. Each case gets its own, with nothing in it. */
export interface SourceFixture extends AsyncDisposable {
  readonly connector: Connector
  /** Options of the source that lead to the system of this fixture, its beginning included. */
  readonly options: Readonly<Record<string, unknown>>
  /** Puts records into the system, each with a text as its body, all in one partition and in this order. */
  put(texts: readonly string[]): Promise<void>
  /** The text that a record was put with, from the data of its event. */
  textOf(data: unknown): string
  /** Puts one record that is not what the options say (`record.malformed`). Without it, the case is left out. */
  putMalformed?(): Promise<void>
  /** For what a host must give besides, such as the door of a webhook; the defaults keep checkpoints in memory. */
  readonly host?: SourceHost
}

export type SourceFactory = () => Promise<SourceFixture>

/** Stands for the host of a source: a clock that counts its timers, checkpoints in memory, a door to knock at. */
export class SourceHost {
  readonly checkpoints: Checkpoints
  readonly door: Door
  readonly #stored = new Map<string, string>()
  readonly #timers = new Set<object>()
  #handler: ((request: DoorRequest, signal: AbortSignal) => Promise<DoorAnswer>) | undefined

  constructor() {
    this.checkpoints = {
      load: name => Promise.resolve(this.#stored.get(name)),
      save: (name, text) => Promise.resolve(void this.#stored.set(name, text)),
    }
    this.door = {
      open: handler => {
        this.#handler = handler
        return { [Symbol.dispose]: () => (this.#handler = undefined) }
      },
    }
  }

  /** Timers of the clock that have neither fired nor been cancelled. */
  get pending(): number {
    return this.#timers.size
  }

  /** Real time: the systems behind sources keep their own. */
  readonly clock: Clock = {
    nowMs: () => systemClock.nowMs(),
    timer: (delayMs, fire) => {
      const key = {}
      this.#timers.add(key)
      const timer = systemClock.timer(delayMs, () => {
        this.#timers.delete(key)
        fire()
      })
      return {
        [Symbol.dispose]: () => {
          this.#timers.delete(key)
          timer[Symbol.dispose]()
        },
      }
    },
  }

  /** A request to the door; 503 while nobody opened it. */
  async knock(request: DoorRequest, signal: AbortSignal): Promise<DoorAnswer> {
    return this.#handler === undefined ? { status: 503 } : await this.#handler(request, signal)
  }

  get context(): SourceContext {
    return {
      clock: this.clock,
      random: seededRandom(1),
      log: { debug() {}, info() {}, warn() {}, error() {} },
      allowPrivateTargets: true,
      fileRoots: [tmpdir()],
      name: 'conformance',
      account: '1000000000000001',
      region: 'local',
      instance: 'conformance',
      checkpoints: this.checkpoints,
      door: this.door,
    }
  }

  /** Opens a source as the platform does: options completed and checked. */
  open(connector: Connector, options: Readonly<Record<string, unknown>>): Source {
    const definition = connector.source
    if (definition === undefined) throw new Error(`the connector ${connector.system} has no source`)
    const complete = optionsParser(connector.system, definition.options)(options)
    definition.check?.(complete)
    return definition.open(complete, this.context)
  }
}

/** Data of an event, as a stream's pattern and transforms see it. Throws when the text is no valid event. */
export function eventOf(event: Uint8Array): { readonly [name: string]: unknown; readonly data: unknown } {
  parseStructured(event)
  return JSON.parse(Buffer.from(event).toString()) as { data: unknown }
}
