import type { Clock } from '@millrace/spi'
import type { OutputLine } from '../logs/index.ts'
import type { Instance, Surplus } from '../pool/index.ts'
import type { SparesLimits } from './limits.ts'
import type { Shape } from './shape.ts'

/** A process that has said hello and belongs to no function yet. */
export interface Spare {
  readonly instance: Instance
  /** Empty folders of its own, which it sees read-only: to be filled before it is initialised. */
  readonly codePath: string
  readonly layersPath: string
  /** Where its output goes from now on; until then nobody keeps it. */
  redirect(onOutput: (line: OutputLine) => void): void
}

export interface SparesOptions {
  readonly clock: Clock
  readonly limits: SparesLimits
  /** Starts one; rejects when that fails or the signal aborts. */
  readonly boot: (shape: Shape, signal: AbortSignal) => Promise<Spare>
  /** Room for one more process; false when there is none to spare. To be given back by `giveRoom`. */
  readonly takeRoom: () => boolean
  readonly giveRoom: () => void
}

interface Shelf {
  readonly shape: Shape
  readonly ready: Spare[]
  booting: number
  /** Instances of functions that have this shape, starting ones included. */
  users: number
  usedAtMs: number
  pausedUntilMs: number
}

/**
 * Processes that were booted before it is known which function they will serve, so that a cold start is the loading
 * of the function's code only. They are kept for the shapes that functions in use have, never at the cost of a function:
 * no spare starts while a function's instance does, and they are given up first when there is no room.
 */
export class Spares implements Surplus, AsyncDisposable {
  readonly #options: SparesOptions
  /** By key of the shape; the one that was used last stands last. */
  readonly #shelves = new Map<string, Shelf>()
  readonly #stop = new AbortController()
  readonly #ending = new Set<Promise<unknown>>()
  #starts = 0
  #refill: Disposable | undefined

  constructor(options: SparesOptions) {
    this.#options = options
  }

  /** Spares that are ready. */
  get count(): number {
    let count = 0
    for (const shelf of this.#shelves.values()) count += shelf.ready.length
    return count
  }

  /** A function's instance of this shape is starting: until `started` is called no spare starts. */
  starting(shape: Shape): void {
    this.#starts++
    const { key } = shape
    const shelf = this.#shelves.get(key) ?? {
      shape,
      ready: [],
      booting: 0,
      users: 0,
      usedAtMs: 0,
      pausedUntilMs: 0,
    }
    this.#shelves.delete(key)
    this.#shelves.set(key, shelf)
    shelf.users++
    shelf.usedAtMs = this.#options.clock.nowMs()
  }

  /** The start is over, whatever became of it. */
  started(): void {
    this.#starts--
    if (this.#starts > 0 || this.#stop.signal.aborted) return
    const { clock, limits } = this.#options
    this.#refill ??= clock.timer(limits.refillDelayMs, () => {
      this.#refill = undefined
      this.turn()
    })
  }

  /** The instance that `starting` was called for has ended. */
  ended(shape: Shape): void {
    const shelf = this.#shelves.get(shape.key)
    if (shelf === undefined) return
    shelf.users--
    shelf.usedAtMs = this.#options.clock.nowMs()
  }

  /** A waiting process, which belongs to the caller now. Its room is given back: the caller has its own. */
  take(shape: Shape): Spare | undefined {
    const spare = this.#shelves.get(shape.key)?.ready.shift()
    if (spare !== undefined) this.#options.giveRoom()
    return spare
  }

  giveUp(): boolean {
    for (const shelf of this.#shelves.values()) if (this.#drop(shelf)) return true
    return false
  }

  /** Ends what nobody needs any more and starts what is missing; to be called from time to time. */
  turn(): void {
    if (this.#stop.signal.aborted) return
    const { clock, limits } = this.#options
    const nowMs = clock.nowMs()
    const shelves = [...this.#shelves.values()]
    const kept = new Set(shelves.slice(-limits.shapesMax))
    for (const shelf of shelves) {
      const unused = shelf.users === 0 && nowMs - shelf.usedAtMs >= limits.idleMsMax
      if (kept.has(shelf) && !unused) continue
      while (this.#drop(shelf));
      if (shelf.users === 0 && shelf.booting === 0) this.#shelves.delete(shelf.shape.key)
      kept.delete(shelf)
    }
    if (this.#starts > 0) return
    for (const shelf of kept) {
      const missing = limits.sparesPerShape - shelf.ready.length - shelf.booting
      if (missing <= 0 || nowMs < shelf.pausedUntilMs) continue
      if (!this.#options.takeRoom()) return
      this.#track(this.#boot(shelf))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('the server is stopping'))
    this.#refill?.[Symbol.dispose]()
    for (const shelf of this.#shelves.values()) while (this.#drop(shelf));
    await Promise.all(this.#ending)
  }

  async #boot(shelf: Shelf): Promise<void> {
    shelf.booting++
    try {
      const spare = await this.#options.boot(shelf.shape, this.#stop.signal)
      shelf.ready.push(spare)
      void spare.instance.gone.then(() => this.#forget(shelf, spare))
    } catch {
      // A function that starts will meet the same error, and tell it.
      shelf.pausedUntilMs = this.#options.clock.nowMs() + this.#options.limits.failurePauseMs
      this.#options.giveRoom()
    }
    shelf.booting--
    if (this.#stop.signal.aborted) while (this.#drop(shelf));
  }

  /** It has ended by itself while it waited. */
  #forget(shelf: Shelf, spare: Spare): void {
    const index = shelf.ready.indexOf(spare)
    if (index === -1) return
    shelf.ready.splice(index, 1)
    this.#options.giveRoom()
  }

  #drop(shelf: Shelf): boolean {
    const spare = shelf.ready.shift()
    if (spare === undefined) return false
    spare.instance.kill()
    this.#track(spare.instance.gone)
    this.#options.giveRoom()
    return true
  }

  #track(ending: Promise<unknown>): void {
    this.#ending.add(ending)
    void ending.finally(() => this.#ending.delete(ending))
  }
}
