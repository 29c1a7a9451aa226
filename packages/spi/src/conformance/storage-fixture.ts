import { test } from 'vitest'
import type { Delivery, NewEntry, Storage } from '../storage.ts'

/** One driver under test. Each case gets its own, with nothing stored. */
export interface StorageFixture extends AsyncDisposable {
  readonly storage: Storage
  /** Closes `storage` and opens what it left. */
  reopen(): Promise<Storage>
}

/** Makes the fixture of a case. */
export type StorageFactory = () => Promise<StorageFixture>

/** A case of the suite: the clause of the contract is its name. */
export type StorageCase = (
  clause: string,
  run: (storage: Storage, fixture: StorageFixture) => Promise<void>,
) => void

/** Declares the cases of a suite as tests, each with a fixture of its own. */
export function storageCase(factory: StorageFactory): StorageCase {
  return (clause, run) => {
    test(clause, async () => {
      await using fixture = await factory()
      await run(fixture.storage, fixture)
    })
  }
}

/** An entry with a text as payload. */
export function entry(text: string, acceptedAtMs = 1_000): NewEntry {
  return { bytes: Buffer.from(text), acceptedAtMs }
}

export function entries(count: number, from = 1): NewEntry[] {
  return Array.from({ length: count }, (_, index) => entry(`e${from + index}`, 1_000 + from + index))
}

export function text(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes).toString()
}

/** A delivery that was never attempted, unless said otherwise. */
export function delivery(position: number, change: Partial<Delivery> = {}): Delivery {
  return { position, attempts: 0, dueAtMs: 0, enqueuedAtMs: 500, lane: undefined, ...change }
}

export function put(
  queue: string,
  ...deliveries: Delivery[]
): { put: { queue: string; delivery: Delivery }[] } {
  return { put: deliveries.map(each => ({ queue, delivery: each })) }
}

/** Reads without a limit that matters. */
export const unlimited = { entriesMax: 100_000, bytesMax: 100_000_000 }
