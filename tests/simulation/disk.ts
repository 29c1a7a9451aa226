import {
  AppError,
  type Clock,
  type NewEntry,
  type QueueChange,
  retryBackoff,
  type Storage,
} from '@millrace/spi'
import { type MemoryStorage, openStorage } from '@millrace/storage-memory'
import type { Chance } from './chance.ts'
import type { Tally } from './tally.ts'

/** What a disk does wrong at present. */
export type DiskMood = 'sound' | 'slow' | 'refusing' | 'full' | 'breaking'

const reads: ReadonlySet<string> = new Set(['read', 'get', 'seek', 'stat', 'cursor', 'lanes', 'list'])
const writes: ReadonlySet<string> = new Set(['append', 'trim', 'commit', 'drop', 'put', 'delete'])

/** Told of what is written, once it is visible and its promise, if any, was kept; in the order of the writes. */
export interface DiskWatcher {
  appended(log: string, first: number, entries: readonly NewEntry[]): void
  committed(change: QueueChange): void
}

/**
 * The disk that outlives processes: the memory driver behind ports that are slow, refuse or break as the mood says. The
 * order of writes is the driver's promise and is kept: a write is always made when its method is called; only its
 * answer may be late.
 */
export class Disk {
  mood: DiskMood = 'sound'
  /** Set when a flush has failed: nothing more is stored until the process is started anew. */
  isBroken = false
  readonly #clock: Clock
  readonly #chance: Chance
  readonly #tally: Tally
  readonly #watcher: DiskWatcher
  #store: MemoryStorage | undefined

  constructor(clock: Clock, chance: Chance, tally: Tally, watcher: DiskWatcher) {
    this.#clock = clock
    this.#chance = chance
    this.#tally = tally
    this.#watcher = watcher
  }

  async open(): Promise<void> {
    this.#store = await openStorage({
      clock: this.#clock,
      sync: () => this.#sync(),
      beforeWrite: kind => this.#beforeWrite(kind),
    })
  }

  /** The driver itself, for checks: reading it neither waits nor fails. */
  get store(): MemoryStorage {
    if (this.#store === undefined) throw new Error('the disk was not opened')
    return this.#store
  }

  /** The ports as a process sees them. */
  ports(): Storage {
    const { store } = this
    return {
      log: this.#behind(store.log),
      queue: this.#behind(store.queue),
      documents: this.#behind(store.documents),
      leases: store.leases,
      blobs: this.#behind(store.blobs),
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    }
  }

  /** Power off: of the writes that are not durable, the first few are kept, as many as chance says. Returns how many were lost. */
  crash(): { kept: number; lost: number } {
    const pending = this.store.pendingWrites
    const kept = this.#chance.pick([0, pending, this.#chance.between(0, pending)])
    this.#store = this.store.crash(kept)
    this.isBroken = false
    if (pending > kept) this.#tally.add('fault', 'unsynced writes lost', pending - kept)
    if (kept > 0 && kept < pending) this.#tally.add('fault', 'torn between two writes')
    return { kept, lost: pending - kept }
  }

  #behind<Port extends object>(port: Port): Port {
    return new Proxy(port, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name)
        if (typeof method !== 'function' || typeof name !== 'string') return method
        const call = (args: unknown[]): unknown => Reflect.apply(method, target, args)
        if (reads.has(name)) return (...args: unknown[]) => this.#read(() => call(args))
        if (writes.has(name)) return (...args: unknown[]) => this.#write(name, args, () => call(args))
        return (...args: unknown[]) => call(args)
      },
    })
  }

  async #read(call: () => unknown): Promise<unknown> {
    if (this.mood === 'slow' && this.#chance.happens(0.5)) await this.#wait(1, 40, 'slow read')
    if (this.mood === 'refusing' && this.#chance.happens(0.15)) {
      this.#tally.add('fault', 'read failed')
      throw new AppError('storage.failed', 'a read failed (injected)', retryBackoff)
    }
    return await call()
  }

  async #write(name: string, args: unknown[], call: () => unknown): Promise<unknown> {
    const { store } = this
    const result = await call()
    // An answer of the time before a crash tells nothing about the time after it.
    if (store === this.#store) {
      if (name === 'commit') this.#watcher.committed(args[0] as QueueChange)
      else if (name === 'append')
        this.#watcher.appended(args[0] as string, result as number, args[1] as NewEntry[])
    }
    if (this.mood === 'slow' && this.#chance.happens(0.3)) await this.#wait(1, 40, 'late answer')
    return result
  }

  #beforeWrite(kind: string): void {
    if (this.mood === 'full') {
      // Commits may use the reserve that appends may not: they fail less often.
      if (kind === 'trim' || kind === 'drop' || kind.startsWith('delete')) return
      if (kind === 'commit' && this.#chance.happens(0.6)) return
      this.#tally.add('fault', 'storage full')
      throw new AppError('storage.full', 'no room (injected)', retryBackoff)
    }
    if (this.mood === 'refusing' && this.#chance.happens(0.25)) {
      this.#tally.add('fault', 'write refused')
      throw new AppError('storage.busy', 'too many writes (injected)', retryBackoff)
    }
  }

  async #sync(): Promise<void> {
    if (this.mood === 'breaking' && this.#chance.happens(0.1)) {
      this.#tally.add('fault', 'flush failed')
      this.isBroken = true
      throw new Error('the flush failed (injected)')
    }
    if (this.mood === 'slow') return await this.#wait(20, 1_500, 'slow flush')
    if (this.#chance.happens(0.6)) await this.#wait(1, 25)
  }

  async #wait(least: number, most: number, fault?: string): Promise<void> {
    if (fault !== undefined) this.#tally.add('fault', fault)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#clock.timer(this.#chance.between(least, most), resolve)
    await promise
  }
}
