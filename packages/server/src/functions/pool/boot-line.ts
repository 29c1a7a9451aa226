/** Who waits to boot, and for whom. */
interface Waiter {
  readonly key: string
  readonly enter: () => void
}

/**
 * How many processes boot at once. Booting is work for a processor from its first to its last moment: more of it at once
 * would be over no sooner, and every call that is being served would wait for a processor meanwhile. Next is who boots the
 * fewest already, then who came first, so that a function whose instances crash all the time keeps nobody waiting.
 */
export class BootLine {
  readonly #bootsMax: number
  readonly #waiting: Waiter[] = []
  readonly #booting = new Map<string, number>()
  #count = 0

  constructor(bootsMax: number) {
    this.#bootsMax = bootsMax
  }

  /** Those that wait. They are limited by the room for instances. */
  get length(): number {
    return this.#waiting.length
  }

  /** Resolves when one may boot for the key; to be disposed when it has. Rejects when the signal aborts before. */
  enter(key: string, signal: AbortSignal): Promise<Disposable> {
    if (signal.aborted) return Promise.reject(signal.reason as Error)
    if (this.#count < this.#bootsMax) return Promise.resolve(this.#begin(key))
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1)
        reject(signal.reason as Error)
      }
      const waiter: Waiter = {
        key,
        enter: () => {
          signal.removeEventListener('abort', onAbort)
          resolve(this.#begin(key))
        },
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#waiting.push(waiter)
    })
  }

  #begin(key: string): Disposable {
    this.#count++
    this.#booting.set(key, this.#bootsOf(key) + 1)
    let isOver = false
    return {
      [Symbol.dispose]: () => {
        if (isOver) return
        isOver = true
        this.#end(key)
      },
    }
  }

  #end(key: string): void {
    this.#count--
    const left = this.#bootsOf(key) - 1
    if (left === 0) this.#booting.delete(key)
    else this.#booting.set(key, left)
    const [next] = this.#waiting.toSorted((one, other) => this.#bootsOf(one.key) - this.#bootsOf(other.key))
    if (next === undefined) return
    this.#waiting.splice(this.#waiting.indexOf(next), 1)
    next.enter()
  }

  #bootsOf(key: string): number {
    return this.#booting.get(key) ?? 0
  }
}
