import { randomBytes } from 'node:crypto'
import { chmod, mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { invalid } from './check.ts'
import { type LinkableFile, linkFiles } from './hard-link.ts'
import { removeTree } from './remove-tree.ts'

/** Files of the largest package that is put into an instance's own folder; more would take longer than a new process. */
export const linkedFilesMax = 500

/** Unpacked code in use, read-only. Disposing says that its user has ended; the folder may then be removed. */
export interface CodeFolder extends Disposable {
  readonly path: string
  /** All files together. */
  readonly bytes: number
  readonly files: readonly LinkableFile[]
  /** Whether `linkInto` takes it: it has at most `linkedFilesMax` files. */
  readonly canLink: boolean
  /**
   * Puts the files into an empty folder by hard links, at once: for an instance that was started before its function was
   * known. Copies where the file system cannot link. Throws where `canLink` is false.
   */
  linkInto(folder: string): void
}

/** What was put into a folder. */
export interface Contents {
  readonly bytes: number
  readonly files: readonly LinkableFile[]
}

interface SharedFolder {
  readonly contents: Promise<Contents>
  users: number
}

/** Folders that are made once, used by many, and kept for a while when nobody uses them any more. */
export class SharedFolders {
  readonly #folder: string
  readonly #unusedMax: number
  /** In the order of last use, as far as unused ones go. */
  readonly #folders = new Map<string, SharedFolder>()
  /** Those whose names are not free yet. */
  readonly #leaving = new Map<string, Promise<void>>()

  constructor(folder: string, unusedMax: number) {
    this.#folder = folder
    this.#unusedMax = unusedMax
  }

  /** Removes what an earlier run left: after a power failure its files may be there without their contents. */
  async start(): Promise<void> {
    await removeTree(this.#folder)
    await mkdir(this.#folder, { recursive: true, mode: 0o755 })
  }

  /** `fill` makes the folder at the path it is given; called when the folder is not there yet. */
  async open(name: string, fill: (path: string) => Promise<Contents>): Promise<CodeFolder> {
    const shared = this.#folders.get(name) ?? { contents: this.#make(name, fill), users: 0 }
    this.#folders.set(name, shared)
    shared.users++
    try {
      const contents = await shared.contents
      let used = true
      const close = (): void => {
        if (used) this.#close(name, shared)
        used = false
      }
      return codeFolder(join(this.#folder, name), contents, close)
    } catch (error) {
      if (this.#folders.get(name) === shared) this.#folders.delete(name)
      throw error
    }
  }

  async #make(name: string, fill: (path: string) => Promise<Contents>): Promise<Contents> {
    const path = join(this.#folder, name)
    const temporary = this.#temporary(name)
    try {
      const contents = await fill(temporary)
      await this.#leaving.get(name)
      await rename(temporary, path)
      await chmod(path, 0o555)
      return contents
    } catch (error) {
      await removeTree(temporary)
      throw error
    }
  }

  #close(name: string, shared: SharedFolder): void {
    shared.users--
    if (shared.users > 0) return
    this.#folders.delete(name)
    this.#folders.set(name, shared)
    const unused = [...this.#folders].filter(([, candidate]) => candidate.users === 0)
    for (const [oldest] of unused.slice(0, Math.max(0, unused.length - this.#unusedMax))) {
      this.#folders.delete(oldest)
      void this.#remove(oldest)
    }
  }

  /** Renames first: whoever opens the same package meanwhile makes it anew under the free name. */
  async #remove(name: string): Promise<void> {
    const grave = this.#temporary(name)
    try {
      const freed = rename(join(this.#folder, name), grave)
      this.#leaving.set(
        name,
        freed.catch(() => undefined),
      )
      await freed
      this.#leaving.delete(name)
      await removeTree(grave)
    } catch {
      // It stays until the next start, which empties the folder.
      this.#leaving.delete(name)
    }
  }

  #temporary(name: string): string {
    return join(this.#folder, `.${name}.${randomBytes(6).toString('hex')}`)
  }
}

function codeFolder(path: string, { bytes, files }: Contents, close: () => void): CodeFolder {
  const canLink = files.length <= linkedFilesMax
  return {
    path,
    bytes,
    files,
    canLink,
    linkInto(folder) {
      if (!canLink) {
        const message = `the code has ${files.length} files; ${linkedFilesMax} are linked at most`
        throw invalid(message, { limit: linkedFilesMax, seen: files.length })
      }
      linkFiles(files, path, folder, new Set())
    },
    [Symbol.dispose]: close,
  }
}
