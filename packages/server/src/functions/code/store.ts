import { randomBytes } from 'node:crypto'
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Blobs } from '@millrace/spi'
import { functionError } from '../errors.ts'
import { checkFiles, folders } from './check.ts'
import { type CodeLimits, defaultCodeLimits } from './limits.ts'
import { decodePackage, encodePackage } from './package.ts'

/** Unpacked code in use. Disposing says that its user has ended; the folder may then be removed. */
export interface CodeFolder extends Disposable {
  readonly path: string
}

export interface CodeStoreOptions {
  /** Folder for unpacked code; belongs to the store alone and is emptied when it starts. */
  readonly folder: string
  readonly blobs: Blobs
  readonly limits?: CodeLimits
  /** Unpacked packages that nobody uses but that are kept for the next one; the oldest is removed first. */
  readonly unusedFoldersMax?: number
}

interface Unpacked {
  readonly path: Promise<string>
  users: number
}

/** Keeps code packages in the blob store and unpacks each once, read-only, under its content's name. */
export class CodeStore {
  readonly #folder: string
  readonly #blobs: Blobs
  readonly #limits: CodeLimits
  readonly #unusedFoldersMax: number
  /** In the order of last use, as far as unused ones go. */
  readonly #unpacked = new Map<string, Unpacked>()

  constructor(options: CodeStoreOptions) {
    this.#folder = options.folder
    this.#blobs = options.blobs
    this.#limits = options.limits ?? defaultCodeLimits
    this.#unusedFoldersMax = options.unusedFoldersMax ?? 16
  }

  /** Removes what an earlier run left: after a power failure its files may be there without their contents. */
  async start(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true })
    await mkdir(this.#folder, { recursive: true, mode: 0o755 })
  }

  /** Checks and keeps the files; resolves with the name of the package once it is durable. */
  async put(files: ReadonlyMap<string, Uint8Array>): Promise<string> {
    checkFiles(files, this.#limits)
    return await this.#blobs.put(encodePackage(files))
  }

  /** Paths of the files in a package; rejects with `function.code-not-found`. */
  async paths(name: string): Promise<ReadonlySet<string>> {
    return new Set((await this.#read(name)).keys())
  }

  async open(name: string): Promise<CodeFolder> {
    const entry = this.#unpacked.get(name) ?? { path: this.#unpack(name), users: 0 }
    this.#unpacked.set(name, entry)
    entry.users++
    try {
      const path = await entry.path
      let used = true
      const close = (): void => {
        if (used) this.#close(name, entry)
        used = false
      }
      return { path, [Symbol.dispose]: close }
    } catch (error) {
      if (this.#unpacked.get(name) === entry) this.#unpacked.delete(name)
      throw error
    }
  }

  #close(name: string, entry: Unpacked): void {
    entry.users--
    if (entry.users > 0) return
    this.#unpacked.delete(name)
    this.#unpacked.set(name, entry)
    const unused = [...this.#unpacked].filter(([, candidate]) => candidate.users === 0)
    for (const [oldest] of unused.slice(0, Math.max(0, unused.length - this.#unusedFoldersMax))) {
      this.#unpacked.delete(oldest)
      void this.#remove(oldest)
    }
  }

  /** Renames first: whoever opens the same package meanwhile unpacks it anew under the free name. */
  async #remove(name: string): Promise<void> {
    const grave = this.#temporary(name)
    try {
      await rename(join(this.#folder, name), grave)
      await rm(grave, { recursive: true, force: true })
    } catch {
      // It stays until the next start, which empties the folder.
    }
  }

  async #unpack(name: string): Promise<string> {
    const files = await this.#read(name)
    const path = join(this.#folder, name)
    const temporary = this.#temporary(name)
    const made = new Set<string>([''])
    for (const file of files.keys()) for (const folder of folders(file)) made.add(folder)
    for (const folder of made) await mkdir(join(temporary, folder), { recursive: true, mode: 0o755 })
    for (const [file, content] of files) {
      // Executable, since a package does not say which files are programs.
      await writeFile(join(temporary, file), content, { flag: 'wx', mode: 0o555 })
    }
    for (const folder of [...made].reverse()) {
      if (folder !== '') await chmod(join(temporary, folder), 0o555)
    }
    await rename(temporary, path)
    await chmod(path, 0o555)
    return path
  }

  #temporary(name: string): string {
    return join(this.#folder, `.${name}.${randomBytes(6).toString('hex')}`)
  }

  async #read(name: string): Promise<Map<string, Uint8Array>> {
    const bytes = /^[0-9a-f]{64}$/.test(name) ? await this.#blobs.get(name) : undefined
    if (bytes === undefined) {
      throw functionError(
        'function.code-not-found',
        `there is no code package ${JSON.stringify(name.slice(0, 80))}`,
      )
    }
    const files = decodePackage(bytes)
    checkFiles(files, this.#limits)
    return files
  }
}
