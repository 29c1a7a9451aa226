import { type SourceFixture, sourceSuite } from '@millrace/spi/conformance'
import { connector, type EchoFeed, EchoSource, type EchoSourceOptions } from '../src/index.ts'

/** Stands for an external system that records are put into. */
class GrowingFeed implements EchoFeed {
  readonly #texts: string[] = []
  readonly #waiting = new Set<() => void>()

  get length(): number {
    return this.#texts.length
  }

  at(index: number): string {
    return this.#texts[index] ?? ''
  }

  put(texts: readonly string[]): void {
    this.#texts.push(...texts)
    for (const wake of this.#waiting) wake()
  }

  async more(length: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.length > length) return
    await new Promise<void>((resolve, reject) => {
      const wake = (): void => {
        this.#waiting.delete(wake)
        signal.removeEventListener('abort', fail)
        resolve()
      }
      const fail = (): void => {
        this.#waiting.delete(wake)
        reject(signal.reason as Error)
      }
      this.#waiting.add(wake)
      signal.addEventListener('abort', fail, { once: true })
    })
  }
}

sourceSuite('echo', connector, () => {
  const feed = new GrowingFeed()
  const { source } = connector
  if (source === undefined) throw new Error('the connector has no source')
  const fixture: SourceFixture = {
    connector: {
      ...connector,
      source: {
        ...source,
        open: (options, context) => new EchoSource(options as EchoSourceOptions, context, feed),
      },
    },
    options: { ratePerSecond: 0 },
    put: texts => Promise.resolve(feed.put(texts)),
    textOf: data => JSON.stringify(data),
    putMalformed: () => Promise.resolve(feed.put(['{"cut":'])),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
  return Promise.resolve(fixture)
})
