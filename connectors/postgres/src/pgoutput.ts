/** A column of a table, as changes of its rows name it. */
export interface RelationColumn {
  readonly name: string
  /** Number of the type in `pg_type`. */
  readonly typeId: number
  /** Whether it belongs to what tells rows apart (the replica identity). */
  readonly isKey: boolean
}

export interface Relation {
  readonly id: number
  readonly schema: string
  readonly table: string
  /** What old rows are told by: `d` primary key, `i` an index, `f` the whole row, `n` nothing. */
  readonly identity: string
  readonly columns: readonly RelationColumn[]
}

/** Values in the order of the relation's columns; undefined for a large value that was not changed, and not sent. */
export type Tuple = readonly (string | null | undefined)[]

/** What the plug-in `pgoutput`, protocol version 1, says of a transaction; the messages of section 55.9 of the manual. */
export type WalMessage =
  | {
      readonly kind: 'begin'
      readonly commitLsn: bigint
      readonly commitTimeMs: number
      readonly transactionId: number
    }
  | { readonly kind: 'commit'; readonly commitLsn: bigint; readonly endLsn: bigint }
  | { readonly kind: 'relation'; readonly relation: Relation }
  | { readonly kind: 'insert'; readonly relationId: number; readonly after: Tuple }
  | {
      readonly kind: 'update'
      readonly relationId: number
      /** The old row: all of it, or only its key when that has changed; nothing otherwise. */
      readonly before?: OldTuple
      readonly after: Tuple
    }
  | { readonly kind: 'delete'; readonly relationId: number; readonly before: OldTuple }
  | {
      readonly kind: 'truncate'
      readonly relationIds: readonly number[]
      readonly cascade: boolean
      readonly restartIdentity: boolean
    }
  | { readonly kind: 'other' }

export interface OldTuple {
  readonly values: Tuple
  /** Columns besides those of the key are not known. */
  readonly isKeyOnly: boolean
}

/** Milliseconds between the epoch and 2000-01-01, from which PostgreSQL counts. */
const postgresEpochMs = 946_684_800_000

/** Decodes one message. Throws a RangeError for a message that ends too early. */
export function decodeWalMessage(bytes: Buffer): WalMessage {
  const reader = new Reader(bytes)
  switch (reader.character()) {
    case 'B':
      return {
        kind: 'begin',
        commitLsn: reader.int64(),
        commitTimeMs: reader.timeMs(),
        transactionId: reader.uint32(),
      }
    case 'C':
      reader.skip(1)
      return { kind: 'commit', commitLsn: reader.int64(), endLsn: reader.int64() }
    case 'R':
      return { kind: 'relation', relation: reader.relation() }
    case 'I': {
      const relationId = reader.uint32()
      reader.skip(1)
      return { kind: 'insert', relationId, after: reader.tuple() }
    }
    case 'U': {
      const relationId = reader.uint32()
      const mark = reader.character()
      if (mark === 'N') return { kind: 'update', relationId, after: reader.tuple() }
      const before = { values: reader.tuple(), isKeyOnly: mark === 'K' }
      reader.skip(1)
      return { kind: 'update', relationId, before, after: reader.tuple() }
    }
    case 'D': {
      const relationId = reader.uint32()
      const isKeyOnly = reader.character() === 'K'
      return { kind: 'delete', relationId, before: { values: reader.tuple(), isKeyOnly } }
    }
    case 'T':
      return reader.truncate()
    default:
      // Origins, types and messages of others, which say nothing of rows.
      return { kind: 'other' }
  }
}

class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  skip(count: number): void {
    this.#at += count
  }

  character(): string {
    return String.fromCharCode(this.#bytes.readUInt8(this.#at++))
  }

  uint16(): number {
    this.#at += 2
    return this.#bytes.readUInt16BE(this.#at - 2)
  }

  uint32(): number {
    this.#at += 4
    return this.#bytes.readUInt32BE(this.#at - 4)
  }

  int64(): bigint {
    this.#at += 8
    return this.#bytes.readBigInt64BE(this.#at - 8)
  }

  timeMs(): number {
    return Math.floor(Number(this.int64()) / 1_000) + postgresEpochMs
  }

  /** Text up to a zero byte. */
  name(): string {
    const end = this.#bytes.indexOf(0, this.#at)
    if (end < 0) throw new RangeError('a name has no end')
    const text = this.#bytes.toString('utf8', this.#at, end)
    this.#at = end + 1
    return text
  }

  relation(): Relation {
    const id = this.uint32()
    const schema = this.name()
    const table = this.name()
    const identity = this.character()
    const columns = Array.from({ length: this.uint16() }, () => {
      const isKey = (this.#bytes.readUInt8(this.#at++) & 1) === 1
      const name = this.name()
      const typeId = this.uint32()
      this.skip(4)
      return { name, typeId, isKey }
    })
    // The empty name stands for pg_catalog.
    return { id, schema: schema === '' ? 'pg_catalog' : schema, table, identity, columns }
  }

  tuple(): Tuple {
    const count = this.uint16()
    const values: (string | null | undefined)[] = []
    for (let i = 0; i < count; i++) values.push(this.#value())
    return values
  }

  truncate(): WalMessage {
    const count = this.uint32()
    const flags = this.#bytes.readUInt8(this.#at++)
    const relationIds = Array.from({ length: count }, () => this.uint32())
    return { kind: 'truncate', relationIds, cascade: (flags & 1) === 1, restartIdentity: (flags & 2) === 2 }
  }

  #value(): string | null | undefined {
    const kind = this.character()
    if (kind === 'n') return null
    if (kind === 'u') return undefined
    const length = this.uint32()
    const start = this.#at
    this.#at += length
    if (this.#at > this.#bytes.length) throw new RangeError('a value is cut off')
    return this.#bytes.toString('utf8', start, this.#at)
  }
}
