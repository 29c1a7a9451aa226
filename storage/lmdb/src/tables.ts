import { type RootDatabase, type RootDatabaseOptions, open } from 'lmdb'
import { type DueKey, dueKeys, type KeyEncoder, type LaneKey, laneKeys, numberKeys } from './keys.ts'
import { type PositionKey, positionKeys, textKeys } from './keys.ts'

/** The tables of a store. Values are bytes in every one of them. */
export interface Tables {
  readonly root: RootDatabase<Buffer, string>
  /** `log:<name>` or `queue:<name>` → its number; also the store's format and the queues still to be cleared. */
  readonly names: Table<string>
  /** Log → where it stood when LMDB was last told. */
  readonly marks: Table<number>
  /** [queue, position] → delivery that nothing holds back. Most deliveries never leave this table but to be removed. */
  readonly fresh: Table<PositionKey>
  /** [queue, position] → delivery that waits for its time or in a lane. */
  readonly waiting: Table<PositionKey>
  /** Index of `waiting` by due time, for those outside lanes. */
  readonly due: Table<DueKey>
  /** Index of `waiting` by lane. */
  readonly lanes: Table<LaneKey>
  /** Queue → counts of its deliveries. */
  readonly counts: Table<number>
  readonly cursors: Table<string>
  readonly documents: Table<string>
  /** SHA-256 in hex → size of the file that has the bytes. */
  readonly blobs: Table<string>
}

/** What the driver uses of an lmdb database, with the key type of the table's encoder. */
export interface Table<Key> {
  get(key: Key): Buffer | undefined
  /** The bytes are valid until the next read only. */
  getBinaryFast(key: Key): Buffer | undefined
  put(key: Key, value: Uint8Array): Promise<boolean>
  remove(key: Key): Promise<boolean>
  getRange(range: TableRange<Key>): Iterable<{ readonly key: Key; readonly value: Buffer }>
  getKeys(range: TableRange<Key>): Iterable<Key>
  getStats(): unknown
}

/** Both ends are always given: lmdb's defaults are made for its own key format. */
export interface TableRange<Key> {
  readonly start: Key
  readonly end: Key
  readonly limit: number
  readonly reverse?: boolean
  readonly exclusiveStart?: boolean
  readonly inclusiveEnd?: boolean
}

/** Bytes of address space reserved at first; LMDB takes more by itself when the file outgrows it. No memory, no disk. */
const mapBytesInitial = 1_073_741_824
/** LMDB wants the number of tables beforehand. */
const tablesMax = 16

/**
 * Opens the tables of the store in a file, made when it is not there.
 *
 * `overlappingSync` is off: a commit then writes its pages, syncs them, and only then names them in a synced header, so
 * that a failed sync leaves the former state in force. All of that runs on a thread of the pool, never on the event loop.
 */
export function openTables(file: string): Tables {
  const options: RootDatabaseOptions & { path: string } = {
    path: file,
    noSubdir: true,
    encoding: 'binary',
    overlappingSync: false,
    eventTurnBatching: false,
    maxDbs: tablesMax,
    mapSize: mapBytesInitial,
    keyEncoder: textKeys,
  }
  const root = open<Buffer, string>(options)
  const table = <Key>(name: string, keyEncoder: KeyEncoder<Key>): Table<Key> => {
    const tableOptions: RootDatabaseOptions = { encoding: 'binary', keyEncoder }
    return root.openDB(name, tableOptions) as unknown as Table<Key>
  }
  return {
    root,
    names: table('names', textKeys),
    marks: table('marks', numberKeys),
    fresh: table('fresh', positionKeys),
    waiting: table('waiting', positionKeys),
    due: table('due', dueKeys),
    lanes: table('lanes', laneKeys),
    counts: table('counts', numberKeys),
    cursors: table('cursors', textKeys),
    documents: table('documents', textKeys),
    blobs: table('blobs', textKeys),
  }
}
