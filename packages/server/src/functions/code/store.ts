import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import type { Blobs } from '@millrace/spi'
import { functionError } from '../errors.ts'
import { type Archive, readArchive } from './archive.ts'
import { canonicalZip } from './canonical-zip.ts'
import { checkFiles, invalid } from './check.ts'
import { contentsOf } from './contents.ts'
import { crc64 } from './crc64.ts'
import { linkFiles } from './hard-link.ts'
import { type CodeLimits, defaultCodeLimits } from './limits.ts'
import { checkLinks } from './links.ts'
import { mergePackages } from './merge.ts'
import { type CodeFolder, type Contents, SharedFolders } from './shared-folders.ts'
import { unpack } from './unpack.ts'

/** What is known of a package without unpacking it. */
export interface CodeInfo {
  /** Of the zip. */
  readonly bytes: number
  /** CRC-64/ECMA-182 of the zip, as an unsigned decimal number. */
  readonly checksum: string
  readonly files: number
  /** All files together. */
  readonly unpackedBytes: number
}

export interface CodeStoreOptions {
  /** Folder for unpacked code; belongs to the store alone and is emptied when it starts. */
  readonly folder: string
  readonly blobs: Blobs
  readonly limits?: Partial<CodeLimits>
  /** Unpacked packages that nobody uses but that are kept for the next one; the oldest is removed first. */
  readonly unusedFoldersMax?: number
  /** Is told, and waited for, before a package is kept again or looked at: whoever removes what nobody needs. */
  readonly collector?: { touch(name: string): Promise<void> }
}

/** Packages whose `info` is remembered; of others it is found again from their bytes. */
const infosMax = 10_000
/** Unpacked bytes that are checked before other work gets its turn. */
const checkedAtOnce = 4 * 1_024 * 1_024

/**
 * Keeps code packages as zips in the blob store, each under the SHA-256 of its bytes, and unpacks each once, read-only.
 * A zip is kept as it came; files without a zip are put into one that is the same for the same files.
 */
export class CodeStore {
  readonly #blobs: Blobs
  readonly #limits: CodeLimits
  readonly #folders: SharedFolders
  readonly #infos = new Map<string, CodeInfo>()
  readonly #collector: CodeStoreOptions['collector']

  constructor(options: CodeStoreOptions) {
    this.#blobs = options.blobs
    this.#limits = { ...defaultCodeLimits, ...options.limits }
    this.#collector = options.collector
    this.#folders = new SharedFolders(options.folder, options.unusedFoldersMax ?? 16)
  }

  /** Removes what an earlier run has unpacked. */
  start(): Promise<void> {
    return this.#folders.start()
  }

  /** Checks and keeps the files; resolves with the name of the package once it is durable. */
  async put(files: ReadonlyMap<string, Uint8Array>): Promise<string> {
    checkFiles(files, this.#limits)
    const zip = await canonicalZip(files)
    return await this.#keep(zip, await readArchive(zip, this.#limits))
  }

  /**
   * Checks every entry of a zip, contents included, and keeps it as it is; resolves with the name of the package once it
   * is durable. Rejects with `function.code-invalid`, which names the entry and the reason.
   */
  async putZip(bytes: Uint8Array): Promise<string> {
    const limit = this.#limits.uploadBytesMax
    if (bytes.length > limit) {
      const message = `the zip has ${bytes.length} bytes; the limit is ${limit}`
      throw invalid(message, { limit, seen: bytes.length })
    }
    const zip = asBuffer(bytes)
    const archive = await readArchive(zip, this.#limits)
    let checked = 0
    for (const file of archive.files) {
      for await (const chunk of contentsOf(zip, file)) checked += chunk.length
      if (checked < checkedAtOnce) continue
      checked = 0
      await new Promise(resolve => setImmediate(resolve))
    }
    return await this.#keep(zip, archive)
  }

  /** The zip; rejects with `function.code-not-found`. */
  async zip(name: string): Promise<Uint8Array> {
    return await this.#read(name)
  }

  /** Rejects with `function.code-not-found`. */
  async info(name: string): Promise<CodeInfo> {
    const known = this.#infos.get(name)
    if (known !== undefined) return known
    const zip = await this.#read(name)
    return await this.#learn(name, zip, await readArchive(zip, this.#limits))
  }

  /** Paths of the files in a package; rejects with `function.code-not-found`. */
  async paths(name: string): Promise<ReadonlySet<string>> {
    const { files } = await readArchive(await this.#read(name), this.#limits)
    return new Set(files.map(file => file.path))
  }

  /** The package unpacked; shared with all others that have it open. */
  open(name: string): Promise<CodeFolder> {
    return this.#folders.open(name, async path => {
      const zip = await this.#read(name)
      const archive = await readArchive(zip, this.#limits)
      await unpack(zip, archive, path)
      return archive
    })
  }

  /**
   * Packages unpacked into one folder, where the earlier wins; shared with all others that have the same list open.
   * Rejects with `function.code-invalid` when there are too many or they are too large together.
   */
  async openLayers(names: readonly string[]): Promise<CodeFolder> {
    const { layersMax, layersBytesMax } = this.#limits
    if (names.length > layersMax) {
      const message = `${names.length} layers are listed; the limit is ${layersMax}`
      throw invalid(message, { limit: layersMax, seen: names.length })
    }
    const [first] = names
    if (names.length === 1 && first !== undefined) return await this.open(first)
    const list = createHash('sha256').update(names.join('\n')).digest('hex')
    return await this.#folders.open(`layers-${list}`, path => this.#merge(names, path, layersBytesMax))
  }

  /** The parts are closed afterwards: the files that are linked stay. */
  async #merge(names: readonly string[], path: string, bytesMax: number): Promise<Contents> {
    using parts = new DisposableStack()
    const opened: CodeFolder[] = []
    let bytes = 0
    for (const name of names) {
      const part = parts.use(await this.open(name))
      opened.push(part)
      bytes += part.bytes
      if (bytes > bytesMax) {
        const message = `the layers have ${bytes} bytes together; the limit is ${bytesMax}`
        throw invalid(message, { limit: bytesMax, seen: bytes })
      }
    }
    const merged = mergePackages(opened.map(part => part.files))
    const files = merged.flat()
    checkLinks(new Map(files.flatMap(({ path: from, link }) => (link === undefined ? [] : [[from, link]]))))
    await mkdir(path, { recursive: true, mode: 0o755 })
    const made = new Set<string>()
    for (const [index, part] of opened.entries()) {
      for (const batch of batches(merged[index] ?? [])) {
        linkFiles(batch, part.path, path, made)
        await new Promise(resolve => setImmediate(resolve))
      }
    }
    return { bytes, files }
  }

  async #keep(zip: Buffer, archive: Archive): Promise<string> {
    const name = createHash('sha256').update(zip).digest('hex')
    await this.#collector?.touch(name)
    await this.#blobs.put(zip)
    await this.#learn(name, zip, archive)
    return name
  }

  async #learn(name: string, zip: Buffer, archive: Archive): Promise<CodeInfo> {
    const info = {
      bytes: zip.length,
      checksum: await crc64(zip),
      files: archive.files.length,
      unpackedBytes: archive.bytes,
    }
    const [oldest] = this.#infos.keys()
    if (this.#infos.size >= infosMax && oldest !== undefined) this.#infos.delete(oldest)
    this.#infos.set(name, info)
    return info
  }

  async #read(name: string): Promise<Buffer> {
    const isName = /^[0-9a-f]{64}$/.test(name)
    if (isName) await this.#collector?.touch(name)
    const bytes = isName ? await this.#blobs.get(name) : undefined
    if (bytes !== undefined) return asBuffer(bytes)
    throw functionError(
      'function.code-not-found',
      `there is no code package ${JSON.stringify(name.slice(0, 80))}`,
    )
  }
}

/** Files that are linked before other work gets its turn. */
const linkedAtOnce = 64

function* batches<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let from = 0; from < items.length; from += linkedAtOnce) yield items.slice(from, from + linkedAtOnce)
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
