import { mkdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import {
  type Blobs,
  type Clock,
  type Documents,
  DocumentWatchers,
  type EventLog,
  type Leases,
  LocalLeases,
  type Queue,
  type Storage,
  systemClock,
} from '@millrace/spi'
import { LmdbBlobs } from './blobs.ts'
import { LmdbDocuments } from './documents.ts'
import { closedError, toStorageError } from './errors.ts'
import { LmdbEventLog } from './event-log.ts'
import { Logs } from './logs.ts'
import { Names } from './names.ts'
import { FileReserve } from './file-reserve.ts'
import { lockFolder } from './lock.ts'
import { LmdbQueue } from './queue.ts'
import { Queues } from './queues.ts'
import { Room } from './room.ts'
import { SegmentFiles } from './segment-files.ts'
import { syncFolder } from './sync-folder.ts'
import { openTables, type Tables } from './tables.ts'
import { type Batch, Writer } from './writer.ts'

/** Where a store is and how much it may take. */
export interface LmdbStorageOptions {
  /** Folder of the store; made when it is not there. One process at a time. */
  readonly path: string
  /**
   * Bytes that the logs, queues and documents may take in the file. Above it appends are refused with `storage.full`;
   * commits of queues may use a sixteenth more (at most 64 MiB). Whatever the limit, as much is kept free on the disk.
   * Default: none.
   */
  readonly bytesMax?: number
  /** Bytes of recent blocks of the logs kept in memory. Default 32 MiB. */
  readonly cacheBytesMax?: number
  /** Bytes of writes that may wait for their turn; above it they are refused with `storage.busy`. Default 256 MiB. */
  readonly pendingBytesMax?: number
  /** Time for leases. Default: the system's clock. */
  readonly clock?: Clock
}

const cacheBytesDefault = 33_554_432
const pendingBytesDefault = 268_435_456

/**
 * Opens the store in a folder, or makes an empty one. What a crash interrupted is completed or removed first.
 * Rejects with `storage.failed` when the folder cannot be used.
 */
export async function openStorage(options: LmdbStorageOptions): Promise<Storage> {
  const folders: Folders = { blobs: join(options.path, 'blobs'), logs: join(options.path, 'logs') }
  await using acquired = new AsyncDisposableStack()
  try {
    await mkdir(folders.blobs, { recursive: true })
    await mkdir(folders.logs, { recursive: true })
    acquired.use(await lockFolder(options.path))
    const file = join(options.path, 'store.mdb')
    const tables = openTables(file)
    acquired.defer(() => tables.root.close())
    // The files and folders of a new store, and the store itself.
    await syncFolder(options.path)
    await syncFolder(dirname(resolve(options.path)))
    const reserve = acquired.use(new FileReserve(tables, file))
    const storage = new LmdbStorage(tables, reserve, folders, options)
    await storage.recover()
    storage.own(acquired.move())
    return storage
  } catch (error) {
    throw toStorageError(error)
  }
}

interface Folders {
  readonly blobs: string
  readonly logs: string
}

class LmdbStorage implements Storage {
  readonly log: EventLog
  readonly queue: Queue
  readonly documents: Documents
  readonly leases: Leases
  readonly blobs: Blobs
  readonly #names: Names
  readonly #logs: Logs
  readonly #files: SegmentFiles
  readonly #writer: Writer
  readonly #queue: LmdbQueue
  readonly #blobs: LmdbBlobs
  #closing: Promise<void> | undefined
  #acquired: AsyncDisposableStack | undefined

  constructor(tables: Tables, reserve: FileReserve, folders: Folders, options: LmdbStorageOptions) {
    const checkOpen = (): void => {
      if (this.#closing !== undefined) throw closedError()
      // After a failed write LMDB may refuse reads as well, and it does not say so in all of them.
      if (this.#writer.failure !== undefined) throw this.#writer.failure
    }
    const names = new Names(tables)
    const files = new SegmentFiles(folders.logs)
    const logs = new Logs(tables, names, files, options.cacheBytesMax ?? cacheBytesDefault)
    const queues = new Queues(tables, names)
    const documents = new LmdbDocuments(tables, new DocumentWatchers(), checkOpen)
    const participants = [names, queues, documents]
    const room = new Room(
      tables,
      options.path,
      options.bytesMax ?? Number.POSITIVE_INFINITY,
      () => logs.bytes,
    )
    const writer = new Writer(
      tables,
      participants,
      logs,
      options.pendingBytesMax ?? pendingBytesDefault,
      room,
      reserve,
    )
    documents.attach(writer)
    this.#names = names
    this.#logs = logs
    this.#files = files
    this.#writer = writer
    this.#queue = new LmdbQueue(tables, queues, logs, writer, checkOpen)
    this.#blobs = new LmdbBlobs(folders.blobs, tables, writer, checkOpen)
    this.log = new LmdbEventLog(logs, writer, checkOpen)
    this.queue = this.#queue
    this.documents = documents
    this.leases = new LocalLeases(options.clock ?? systemClock)
    this.blobs = this.#blobs
  }

  /** Completes what a crash interrupted. */
  async recover(): Promise<void> {
    if (this.#names.format() === undefined) {
      const stage = (batch: Batch): void => this.#names.writeFormat(batch)
      await this.#writer.submit({ bytes: 0, needs: 'none', stage })
    }
    await this.#logs.recover()
    await this.#blobs.clean()
    for (const number of this.#names.toClear()) await this.#queue.clear(number)
  }

  /** Takes over what is to be let go when the store is closed. */
  own(acquired: AsyncDisposableStack): void {
    this.#acquired = acquired
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const marked = this.#writer.submit({
      bytes: 0,
      needs: 'none',
      alone: true,
      stage: batch => this.#logs.mark(batch),
    })
    // Without the marks the next open has more to look through, and finds the same.
    await Promise.all([marked.catch(() => undefined), this.#writer.close()])
    this.#files.close()
    await this.#acquired?.disposeAsync()
  }
}
