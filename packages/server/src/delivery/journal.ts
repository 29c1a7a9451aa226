import type { NewEntry } from '@millrace/spi'
import type { Ending } from '../observability/index.ts'

/** Bytes of the detail that the journal and dead letters keep of a failure. */
export const detailBytesMax = 1_024

/** One line of a bus's journal: an attempt that failed, or how a delivery ended. */
export interface JournalEntry {
  /** Position of the event in the log of the bus. */
  readonly position: number
  /** The event's id, where the line was written for a failure. */
  readonly id?: string
  readonly rule: string
  readonly target: string
  /** The replay that the delivery belonged to. */
  readonly replay?: string
  /** Absent for an attempt that failed and is not the end. */
  readonly ending?: Ending
  readonly code?: string
  /** A few words of the answer or the failure, at most `detailBytesMax` bytes. Never a payload. */
  readonly detail?: string
  /** Attempts made so far, this one included. */
  readonly attempts: number
  readonly atMs: number
  readonly durationMs: number
}

/** The entry as it is appended. The position comes first, so that a reader can tell by the first bytes. */
export function encodeJournal(entry: JournalEntry): NewEntry {
  const { position, detail, ...rest } = entry
  const short = detail === undefined ? {} : { detail: cutBytes(detail, detailBytesMax) }
  return {
    bytes: Buffer.from(JSON.stringify({ position, ...rest, ...short })),
    acceptedAtMs: entry.atMs,
  }
}

export function decodeJournal(bytes: Uint8Array): JournalEntry {
  return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()) as JournalEntry
}

/** The first bytes of every entry about an event. */
export function journalPrefix(position: number): Buffer {
  return Buffer.from(`{"position":${position},`)
}

/** The longest beginning of the text that fits into so many bytes of UTF-8 and ends with a whole character. */
export function cutBytes(text: string, bytesMax: number): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= bytesMax) return text
  let end = bytesMax
  // A byte 10xxxxxx continues a character: step back to where one begins.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}
