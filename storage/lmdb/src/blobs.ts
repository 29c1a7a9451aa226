import { createHash } from 'node:crypto'
import { open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Blobs, checkBlob } from '@millrace/spi'
import { toStorageError } from './errors.ts'
import { numberBytes } from './names.ts'
import { syncFolder } from './sync-folder.ts'
import type { Tables } from './tables.ts'
import type { Writer } from './writer.ts'

/** Names that one `list` returns when no limit is given. */
const listLimitDefault = 1_000
const namePattern = /^[0-9a-f]{64}$/

/**
 * The `Blobs` port: each blob is a file, and it exists when the table says so. The file is synced before its row is
 * written and removed after it is gone, so the row's place in the order of writes is the blob's, and a crash leaves at
 * worst a file without a row, which the next open removes.
 */
export class LmdbBlobs implements Blobs {
  readonly #folder: string
  readonly #tables: Tables
  readonly #writer: Writer
  readonly #checkOpen: () => void
  /** Changes go one after the other: a file must not be removed for one caller while it is put for another. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(folder: string, tables: Tables, writer: Writer, checkOpen: () => void) {
    this.#folder = folder
    this.#tables = tables
    this.#writer = writer
    this.#checkOpen = checkOpen
  }

  put(bytes: Uint8Array): Promise<string> {
    return this.#inTurn(() => this.#put(bytes))
  }

  async get(name: string): Promise<Uint8Array | undefined> {
    this.#checkOpen()
    if (!namePattern.test(name) || this.#tables.blobs.get(name) === undefined) return undefined
    try {
      return await readFile(join(this.#folder, name))
    } catch (error) {
      // Deleted between the look and the read.
      if (this.#tables.blobs.get(name) === undefined) return undefined
      throw toStorageError(error)
    }
  }

  delete(name: string): Promise<void> {
    return this.#inTurn(async () => {
      if (!namePattern.test(name) || this.#tables.blobs.get(name) === undefined) return
      await this.#writer.submit({
        bytes: 0,
        needs: 'none',
        stage: batch => batch.remove(this.#tables.blobs, name),
      })
      await rm(join(this.#folder, name), { force: true })
    })
  }

  async list(options: { after?: string; limit?: number } = {}): Promise<string[]> {
    this.#checkOpen()
    const { after = '', limit = listLimitDefault } = options
    return [...this.#tables.blobs.getKeys({ start: after, exclusiveStart: true, end: 'g', limit })]
  }

  /** Removes files that no row names: what a crash left of a put or a delete. */
  async clean(): Promise<void> {
    for (const file of await readdir(this.#folder)) {
      if (namePattern.test(file) && this.#tables.blobs.get(file) !== undefined) continue
      await rm(join(this.#folder, file), { force: true })
    }
  }

  async #put(bytes: Uint8Array): Promise<string> {
    checkBlob(bytes)
    const name = createHash('sha256').update(bytes).digest('hex')
    if (this.#tables.blobs.get(name) !== undefined) return name
    const path = join(this.#folder, name)
    try {
      await writeSynced(this.#folder, path, bytes)
      await this.#writer.submit({
        bytes: 0,
        needs: 'growth',
        stage: batch => batch.put(this.#tables.blobs, name, numberBytes(bytes.length)),
      })
    } catch (error) {
      await rm(path, { force: true })
      await rm(`${path}.new`, { force: true })
      throw toStorageError(error)
    }
    return name
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const run = async (): Promise<Result> => {
      this.#checkOpen()
      return work()
    }
    const result = this.#last.then(run, run)
    this.#last = result.catch(() => undefined)
    return result
  }
}

/** Under its name the file is whole or not there. */
async function writeSynced(folder: string, path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(`${path}.new`, 'w')
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
  await syncFolder(folder)
}
