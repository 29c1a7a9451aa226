import type { Block } from './block.ts'

/**
 * Recently written and read blocks, so that whoever follows the tip of a log reads no disk and checks no sum again.
 * Bounded in bytes over all logs; the block that was used longest ago goes first.
 */
export class BlockCache {
  readonly #bytesMax: number
  /** Log → its blocks, ascending by position. */
  readonly #logs = new Map<number, Block[]>()
  /** Block → its log, in the order of use. */
  readonly #used = new Map<Block, number>()
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  find(log: number, position: number): Block | undefined {
    const blocks = this.#logs.get(log)
    if (blocks === undefined) return undefined
    const block = blocks[lastAtOrBelow(blocks, position)]
    if (block === undefined || position >= block.next) return undefined
    this.#used.delete(block)
    this.#used.set(block, log)
    return block
  }

  add(log: number, block: Block): void {
    if (block.size > this.#bytesMax) return
    const blocks = this.#logs.get(log) ?? []
    const index = lastAtOrBelow(blocks, block.first)
    if (blocks[index]?.first === block.first) return
    this.#logs.set(log, blocks)
    blocks.splice(index + 1, 0, block)
    this.#used.set(block, log)
    this.#bytes += block.size
    for (const [oldest, owner] of this.#used) {
      if (this.#bytes <= this.#bytesMax) break
      this.#remove(owner, oldest)
    }
  }

  /** Forgets the blocks of a log that begin below a position. */
  trim(log: number, beforePosition: number): void {
    const trimmed = this.#logs.get(log)?.filter(block => block.first < beforePosition)
    for (const block of trimmed ?? []) this.#remove(log, block)
  }

  #remove(log: number, block: Block): void {
    this.#used.delete(block)
    this.#bytes -= block.size
    const blocks = this.#logs.get(log) ?? []
    blocks.splice(lastAtOrBelow(blocks, block.first), 1)
    if (blocks.length === 0) this.#logs.delete(log)
  }
}

/** Index of the last block that begins at or below a position; -1 when there is none. */
function lastAtOrBelow(blocks: readonly Block[], position: number): number {
  let low = 0
  let high = blocks.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((blocks[middle]?.first ?? 0) <= position) low = middle + 1
    else high = middle
  }
  return low - 1
}
