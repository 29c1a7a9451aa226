import type { faultProxy } from '@millrace/services'
import type { Outcome, OutgoingRecord, Sink } from '@millrace/spi'

type FaultProxy = Awaited<ReturnType<typeof faultProxy>>

/** A network that stands still as soon as a record of certain ids is written. */
export class StandingNetwork {
  /** Resolves when it stands for the first time. */
  readonly begun: Promise<void>
  readonly #proxy: FaultProxy
  readonly #hanging: readonly string[]
  readonly #nowhere: Readonly<Record<string, string>>
  readonly #tellBegun: () => void

  /** `nowhere`: parameters of records that the server refuses. */
  constructor(proxy: FaultProxy, hanging: readonly string[], nowhere: Readonly<Record<string, string>>) {
    this.#proxy = proxy
    this.#hanging = hanging
    this.#nowhere = nowhere
    const { promise, resolve } = Promise.withResolvers<void>()
    this.begun = promise
    this.#tellBegun = resolve
  }

  /** Writes, with a network that stands for these ids. The sink has connected before. */
  async write(sink: Sink, records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    const [first] = records
    if (first === undefined || !records.some(({ id }) => this.#hanging.includes(id))) {
      return await sink.write(records, signal)
    }
    await sink.write([{ ...first, parameters: this.#nowhere }], signal)
    this.#proxy.stall()
    const written = sink.write(records, signal)
    this.#tellBegun()
    return await written
  }
}
