/**
 * Instances that all functions together may have. Some functions have a part of them kept for themselves
 * (function-compute section 5.5): nobody else may use it, whether it is in use or not.
 */
export class InstanceBudget {
  readonly #max: number
  readonly #used = new Map<string, number>()
  readonly #usedByAccount = new Map<string, number>()
  #reserved: ReadonlyMap<string, number> = new Map()
  #reservedSum = 0
  #usedSum = 0
  #spares = 0

  constructor(max: number) {
    this.#max = max
  }

  get used(): number {
    return this.#usedSum
  }

  /** By function. More than there is cannot be kept: then the others have none left. */
  reserve(reserved: ReadonlyMap<string, number>): void {
    this.#reserved = reserved
    this.#reservedSum = [...reserved.values()].reduce((sum, count) => sum + count, 0)
  }

  /** False when the function's own part, and what is left for all, are in use. */
  take(key: string): boolean {
    if (!this.canTake(key)) return false
    this.#used.set(key, this.usedBy(key) + 1)
    this.#countAccount(key, 1)
    this.#usedSum++
    return true
  }

  canTake(key: string): boolean {
    if (this.#usedSum >= this.#max) return false
    return this.usedBy(key) < this.#reservedFor(key) || this.#sharedUsed() < this.#max - this.#reservedSum
  }

  /** For a process that belongs to no function; not the last of the part for all. */
  takeSpare(): boolean {
    const free = Math.min(this.#max - this.#usedSum, this.#max - this.#reservedSum - this.#sharedUsed())
    if (free < 2) return false
    this.#spares++
    this.#usedSum++
    return true
  }

  giveSpare(): void {
    this.#spares--
    this.#usedSum--
  }

  give(key: string): void {
    const left = this.usedBy(key) - 1
    if (left > 0) this.#used.set(key, left)
    else this.#used.delete(key)
    this.#countAccount(key, -1)
    this.#usedSum--
  }

  usedBy(key: string): number {
    return this.#used.get(key) ?? 0
  }

  /** Of all functions of an account. */
  usedByAccount(account: string): number {
    return this.#usedByAccount.get(account) ?? 0
  }

  #countAccount(key: string, change: number): void {
    const account = key.slice(0, key.indexOf('/'))
    const count = this.usedByAccount(account) + change
    if (count > 0) this.#usedByAccount.set(account, count)
    else this.#usedByAccount.delete(account)
  }

  /** What a function uses beyond its own part is of the part for all: instances that drain after a change. */
  #sharedUsed(): number {
    let sum = this.#spares
    for (const [key, used] of this.#used) sum += Math.max(0, used - this.#reservedFor(key))
    return sum
  }

  #reservedFor(key: string): number {
    return this.#reserved.get(key) ?? 0
  }
}
