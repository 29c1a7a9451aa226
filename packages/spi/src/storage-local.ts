import type { Clock } from './clock.ts'
import { AppError } from './errors.ts'
import type { Document, Leases } from './storage.ts'

/** UTF-8 bytes of a document's key, and of any other name in a store. */
export const storageKeyBytesMax = 500
/** Bytes of a document's value as JSON. */
export const documentBytesMax = 1_048_576
/** Bytes of one blob. */
export const blobBytesMax = 512 * 1_048_576

/** The value as JSON text; refuses an empty or too long key, and a value that is too large or no JSON, with `storage.invalid`. */
export function checkDocument(key: string, value: unknown): string {
  checkStorageKey(key)
  const text = JSON.stringify(value) as string | undefined
  if (text === undefined) throw new AppError('storage.invalid', `The value of document ${key} is no JSON.`)
  const bytes = Buffer.byteLength(text)
  if (bytes > documentBytesMax) {
    throw new AppError(
      'storage.invalid',
      `Document ${key} has ${bytes} bytes; the limit is ${documentBytesMax}.`,
    )
  }
  return text
}

/** Refuses an empty name and one above `storageKeyBytesMax`, with `storage.invalid`. */
export function checkStorageKey(key: string): void {
  const bytes = Buffer.byteLength(key)
  if (bytes > 0 && bytes <= storageKeyBytesMax) return
  throw new AppError(
    'storage.invalid',
    `A storage key has 1 to ${storageKeyBytesMax} bytes, this one ${bytes}.`,
  )
}

/** Refuses bytes above `blobBytesMax` with `storage.invalid`. */
export function checkBlob(bytes: Uint8Array): void {
  if (bytes.length <= blobBytesMax) return
  throw new AppError(
    'storage.invalid',
    `A blob of ${bytes.length} bytes is above the limit of ${blobBytesMax}.`,
  )
}

/**
 * Leases of a store that lives in one process: kept in memory, gone when the process ends, which is right because
 * every owner ends with it. An expired lease is free. Shared by the drivers that serve one node.
 */
export class LocalLeases implements Leases {
  readonly #clock: Clock
  readonly #held = new Map<string, { readonly owner: string; readonly untilMs: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  acquire(name: string, owner: string, durationMs: number): Promise<boolean> {
    const nowMs = this.#clock.nowMs()
    const current = this.#held.get(name)
    if (current !== undefined && current.owner !== owner && current.untilMs > nowMs)
      return Promise.resolve(false)
    this.#held.set(name, { owner, untilMs: nowMs + durationMs })
    return Promise.resolve(true)
  }

  release(name: string, owner: string): Promise<void> {
    if (this.#held.get(name)?.owner === owner) this.#held.delete(name)
    return Promise.resolve()
  }

  holder(name: string): Promise<string | undefined> {
    const current = this.#held.get(name)
    return Promise.resolve(
      current !== undefined && current.untilMs > this.#clock.nowMs() ? current.owner : undefined,
    )
  }
}

type DocumentListener = (key: string, document: Document | undefined) => void

/** The listeners of `Documents.watch` in one process. A listener that throws is a bug of its owner and surfaces there. */
export class DocumentWatchers {
  readonly #listeners = new Set<{ readonly prefix: string; readonly listener: DocumentListener }>()

  add(prefix: string, listener: DocumentListener): Disposable {
    const entry = { prefix, listener }
    this.#listeners.add(entry)
    return { [Symbol.dispose]: () => this.#listeners.delete(entry) }
  }

  /** Tells everyone whose prefix fits; called once for each change, in the order of the changes. */
  notify(key: string, document: Document | undefined): void {
    for (const { prefix, listener } of this.#listeners) {
      if (!key.startsWith(prefix)) continue
      queueMicrotask(() => listener(key, document))
    }
  }
}
