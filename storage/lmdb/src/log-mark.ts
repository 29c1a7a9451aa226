/** Where a log stands. Immutable: a new one replaces it. */
export interface LogMark {
  readonly first: number
  readonly next: number
  /** Payload bytes ever appended below `first`, and below `next`. */
  readonly bytesBeforeFirst: number
  readonly bytesBeforeNext: number
  /** Latest time of acceptance ever appended. */
  readonly acceptedAtMsMax: number
  /** First position of the file that ends the log, 0 when there is none, and its bytes. */
  readonly segmentFirst: number
  readonly segmentBytes: number
  /** Checksum of the last block. */
  readonly chain: number
}

export const emptyMark: LogMark = {
  first: 1,
  next: 1,
  bytesBeforeFirst: 0,
  bytesBeforeNext: 0,
  acceptedAtMsMax: Number.NEGATIVE_INFINITY,
  segmentFirst: 0,
  segmentBytes: 0,
  chain: 0,
}

const fields = [
  'first',
  'next',
  'bytesBeforeFirst',
  'bytesBeforeNext',
  'acceptedAtMsMax',
  'segmentFirst',
  'segmentBytes',
  'chain',
] as const

/** Eight doubles, in the order of the fields. */
export function markBytes(mark: LogMark): Buffer {
  const bytes = Buffer.allocUnsafe(fields.length * 8)
  for (const [index, field] of fields.entries()) bytes.writeDoubleLE(mark[field], index * 8)
  return bytes
}

export function readMark(bytes: Buffer): LogMark {
  const values = fields.map((field, index) => [field, bytes.readDoubleLE(index * 8)] as const)
  return Object.fromEntries(values) as unknown as LogMark
}
