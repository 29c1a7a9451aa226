import { type SourceFixture, sourceSuite } from '@millrace/spi/conformance'
import { type Calendar, connector, ScheduleSource, type ScheduleSourceOptions } from '../src/index.ts'

/** A calendar into which times are put; each is due at once, and says what it was put with. */
class PutCalendar implements Calendar {
  /** Later than the clock of the host: a new reader begins with what is due after now. */
  readonly #firstMs = Date.now() + 3_600_000
  readonly #texts: string[] = []
  readonly #waiting = new Set<() => void>()

  put(texts: readonly string[]): void {
    this.#texts.push(...texts)
    for (const wake of this.#waiting) wake()
  }

  async due(afterMs: number, signal: AbortSignal): Promise<number> {
    for (;;) {
      signal.throwIfAborted()
      const index = Math.max(0, afterMs - this.#firstMs + 1)
      if (index < this.#texts.length) return this.#firstMs + index
      await this.#change(signal)
    }
  }

  dataOf(atMs: number): string {
    return this.#texts[atMs - this.#firstMs] ?? 'null'
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
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

sourceSuite('schedule', connector, () => {
  const calendar = new PutCalendar()
  const { source } = connector
  if (source === undefined) throw new Error('the connector has no source')
  const fixture: SourceFixture = {
    connector: {
      ...connector,
      source: {
        ...source,
        open: (options, context) => new ScheduleSource(options as ScheduleSourceOptions, context, calendar),
      },
    },
    options: { schedule: '0 0 3 * * *' },
    put: texts => Promise.resolve(calendar.put(texts)),
    textOf: data => JSON.stringify(data),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
  return Promise.resolve(fixture)
})
