import type { Snapshot } from '../resources/index.ts'
import { Pump, type PumpParts } from './pump.ts'

/** The pumps of all buses, one each; follows the snapshots as buses come and go. */
export class Pumps {
  readonly #parts: PumpParts
  readonly #pumps = new Map<string, Pump>()
  readonly #stopped: Promise<void>[] = []
  readonly #subscription: Disposable
  #isStopping = false

  constructor(parts: PumpParts) {
    this.#parts = parts
    this.#subscription = parts.logs.onAppended(bus => this.#pumps.get(bus)?.wake())
  }

  get isIdle(): boolean {
    for (const pump of this.#pumps.values()) if (!pump.isIdle) return false
    return true
  }

  /** Position of the next event of a bus to route; `undefined` for a bus that is not routed, or not yet. */
  cursor(bus: string): number | undefined {
    return this.#pumps.get(bus)?.cursor
  }

  async start(snapshot: Snapshot): Promise<void> {
    await Promise.all([...snapshot.buses.keys()].map(bus => this.#add(bus)))
  }

  follow(next: Snapshot): void {
    if (this.#isStopping) return
    for (const [bus, pump] of this.#pumps) {
      if (next.buses.has(bus)) continue
      this.#pumps.delete(bus)
      this.#stopped.push(pump[Symbol.asyncDispose]())
    }
    for (const bus of next.buses.keys()) {
      if (!this.#pumps.has(bus)) void this.#add(bus)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopping = true
    this.#subscription[Symbol.dispose]()
    await Promise.all([...this.#pumps.values()].map(pump => pump[Symbol.asyncDispose]()))
    await Promise.all(this.#stopped)
  }

  #add(bus: string): Promise<void> {
    const pump = new Pump(bus, this.#parts)
    this.#pumps.set(bus, pump)
    return pump.start()
  }
}
