import type { Documents } from '@millrace/spi'

/** Sizes that are held in memory; of further packages the document is read again. */
const sizesMax = 100_000
const prefix = 'code-size/'
const pageSize = 1_000

export interface CodeSizesParts {
  readonly documents: Documents
  /** Bytes of a package, found by reading the whole of it; rejects when it is not there. */
  measure(code: string): Promise<number>
}

/**
 * How large code packages are. Each is measured once in its life: it is named by its content, and thousands of them cannot be read again
 * after each start for a figure in a list.
 */
export class CodeSizes {
  readonly #parts: CodeSizesParts
  readonly #known = new Map<string, number>()

  constructor(parts: CodeSizesParts) {
    this.#parts = parts
  }

  /** 0 for a package that cannot be read: that must not hide what the others take. */
  async bytesOf(code: string): Promise<number> {
    const known = this.#known.get(code)
    if (known !== undefined) return known
    const stored = await this.#parts.documents.get(prefix + code)
    const bytes =
      stored === undefined ? await this.#measured(code) : (stored.value as { bytes: number }).bytes
    if (bytes === undefined) return 0
    const [oldest] = this.#known.keys()
    if (this.#known.size >= sizesMax && oldest !== undefined) this.#known.delete(oldest)
    this.#known.set(code, bytes)
    return bytes
  }

  /** Forgets the packages that nothing names any more. */
  async prune(named: ReadonlySet<string>): Promise<void> {
    const { documents } = this.#parts
    for (let after = ''; ; ) {
      const page = await documents.list(prefix, { limit: pageSize, ...(after === '' ? {} : { after }) })
      for (const { key } of page) {
        const code = key.slice(prefix.length)
        if (named.has(code)) continue
        this.#known.delete(code)
        await documents.delete(key)
      }
      after = page.at(-1)?.key ?? ''
      if (page.length < pageSize) return
    }
  }

  async #measured(code: string): Promise<number | undefined> {
    try {
      const bytes = await this.#parts.measure(code)
      await this.#parts.documents.put(prefix + code, { bytes })
      return bytes
    } catch {
      return undefined
    }
  }
}
