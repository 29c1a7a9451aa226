import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Makes temporary folders on the disk of the repository, and removes them all when disposed. */
export class Folders implements AsyncDisposable {
  readonly #parent: string
  readonly #made: string[] = []

  constructor(root: string) {
    this.#parent = join(root, '.cache', 'benchmarks')
  }

  async make(): Promise<string> {
    await mkdir(this.#parent, { recursive: true })
    const folder = await mkdtemp(join(this.#parent, 'run-'))
    this.#made.push(folder)
    return folder
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const folder of this.#made.splice(0)) await rm(folder, { recursive: true, force: true })
  }
}
