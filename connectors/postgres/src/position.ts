/**
 * Where a record stands among all changes: the position in the write-ahead log at which its transaction was committed, and
 * the place of the change within the transaction, from 0. Transactions are sent in the order of their commits.
 */
export interface Position {
  readonly lsn: bigint
  readonly index: number
}

/** Before everything. */
export const beginning: Position = { lsn: 0n, index: 0 }

export function isBehind(position: Position, other: Position): boolean {
  return position.lsn > other.lsn || (position.lsn === other.lsn && position.index > other.index)
}

/** As PostgreSQL writes it: two hexadecimal halves, such as `16/B374D848`. */
export function lsnText(lsn: bigint): string {
  return `${(lsn >> 32n).toString(16)}/${(lsn & 0xffff_ffffn).toString(16)}`.toUpperCase()
}

/** Throws for anything else than such a text: they come from the server, or from our own checkpoint. */
export function parseLsn(text: string): bigint {
  const [, high, low] = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/i.exec(text) ?? []
  if (high === undefined || low === undefined) throw new Error('not a position in a write-ahead log')
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`)
}
