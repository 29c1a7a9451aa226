import { setTimeout as pause } from 'node:timers/promises'
import {
  type Connector,
  type OutgoingRecord,
  optionsParser,
  type Sink,
  systemClock,
  systemRandom,
} from '@millrace/spi'
import { outgoing } from '@millrace/spi/conformance'
import { onTestFinished } from 'vitest'

/** Puts numbers into a system by its own connector, and goes on until each of them was taken. */
export class Feed {
  readonly #sink: Sink
  readonly #parameters: (n: number) => Record<string, string>

  constructor(
    connector: Connector,
    options: Record<string, unknown>,
    parameters: (n: number) => Record<string, string> = () => ({}),
  ) {
    const definition = connector.sink
    if (definition === undefined) throw new Error(`${connector.system} has no sink`)
    this.#parameters = parameters
    this.#sink = definition.open(optionsParser(connector.system, definition.options)(options), {
      clock: systemClock,
      random: systemRandom(systemClock),
      log: { debug() {}, info() {}, warn() {}, error() {} },
      allowPrivateTargets: true,
      fileRoots: [],
      name: 'feed',
    })
    onTestFinished(() => this.#sink[Symbol.asyncDispose]())
  }

  /** Numbers from one on, in batches. A batch that was taken only in part is repeated for the rest. */
  async put(from: number, count: number, bodyOf = (n: number) => JSON.stringify({ n })): Promise<void> {
    const batch = 100
    for (let start = from; start < from + count; start += batch) {
      const numbers = Array.from({ length: Math.min(batch, from + count - start) }, (_, i) => start + i)
      await this.#insist(
        numbers.map(n =>
          outgoing(`n${n}`, {
            body: Buffer.from(bodyOf(n)),
            contentType: 'application/json',
            parameters: this.#parameters(n),
          }),
        ),
      )
    }
  }

  async #insist(records: readonly OutgoingRecord[]): Promise<void> {
    let rest = records
    for (let attempt = 1; rest.length > 0; attempt++) {
      const outcomes = await this.#sink.write(rest, AbortSignal.timeout(60_000))
      const failed = rest.filter((_, index) => outcomes[index]?.status !== 'ok')
      if (failed.length > 0) await pause(100)
      rest = failed
    }
  }
}
