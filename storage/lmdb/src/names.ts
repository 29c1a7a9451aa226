import { AppError } from '@millrace/spi'
import type { Tables } from './tables.ts'
import type { Batch, Participant } from './writer.ts'

/** The kinds of things that have numbers instead of names in keys. */
export type NameKind = 'log' | 'queue'

const nextNumberKey = 'next'
const formatKey = 'format'
/** Version of everything on disk: tables, blocks, marks. */
const formatVersion = 1
const clearKey = 'clear:'
/** A range without a limit: a name that was left out would be given a second number. */
const unlimited = Number.MAX_SAFE_INTEGER

/**
 * Names of logs and queues, and their numbers. All are kept in memory, read once at open: a name is a bus or a target,
 * of which there are thousands, not millions. A number is never given twice.
 */
export class Names implements Participant {
  readonly #tables: Tables
  readonly #numbers = new Map<string, number>()
  #nextNumber = 1
  /** Names made by the group under way. */
  #made: string[] = []

  constructor(tables: Tables) {
    this.#tables = tables
    this.#nextNumber = tables.names.get(nextNumberKey)?.readDoubleLE() ?? 1
    for (const kind of ['log', 'queue'] as const) {
      const range = { start: `${kind}:`, end: `${kind};`, limit: unlimited }
      for (const { key, value } of tables.names.getRange(range)) this.#numbers.set(key, value.readDoubleLE())
    }
  }

  /** Refuses a store of another version; `undefined` when it is new, and the version is to be written. */
  format(): number | undefined {
    const version = this.#tables.names.get(formatKey)?.readDoubleLE()
    if (version === undefined || version === formatVersion) return version
    throw new AppError(
      'storage.failed',
      `The store has format ${version}; this version reads ${formatVersion}.`,
    )
  }

  writeFormat(batch: Batch): void {
    batch.put(this.#tables.names, formatKey, numberBytes(formatVersion))
  }

  find(kind: NameKind, name: string): number | undefined {
    return this.#numbers.get(`${kind}:${name}`)
  }

  /** All names of a kind with their numbers. */
  all(kind: NameKind): Map<string, number> {
    const found = new Map<string, number>()
    for (const [key, number] of this.#numbers) {
      if (key.startsWith(`${kind}:`)) found.set(key.slice(kind.length + 1), number)
    }
    return found
  }

  /** The number of a name, given to it now when it has none. Called while a job is staged. */
  make(batch: Batch, kind: NameKind, name: string): number {
    const key = `${kind}:${name}`
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    const number = this.#nextNumber
    this.#nextNumber += 1
    this.#numbers.set(key, number)
    this.#made.push(key)
    batch.put(this.#tables.names, key, numberBytes(number))
    batch.put(this.#tables.names, nextNumberKey, numberBytes(this.#nextNumber))
    return number
  }

  /** Takes a queue's name away and notes that what is kept under its number is to be cleared. */
  drop(batch: Batch, name: string, number: number): void {
    batch.remove(this.#tables.names, `queue:${name}`)
    batch.put(this.#tables.names, `${clearKey}${number}`, numberBytes(number))
  }

  /** The drop is on disk. */
  dropped(name: string): void {
    this.#numbers.delete(`queue:${name}`)
  }

  cleared(batch: Batch, number: number): void {
    batch.remove(this.#tables.names, `${clearKey}${number}`)
  }

  /** Numbers of dropped queues that a crash kept from being cleared. */
  toClear(): number[] {
    const range = { start: clearKey, end: 'clear;', limit: unlimited }
    return [...this.#tables.names.getRange(range)].map(({ value }) => value.readDoubleLE())
  }

  seal(): void {
    // Names are staged when they are made.
  }

  committed(): void {
    this.#made = []
  }

  reverted(): void {
    for (const key of this.#made) this.#numbers.delete(key)
    this.#made = []
  }
}

export function numberBytes(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeDoubleLE(value)
  return bytes
}
