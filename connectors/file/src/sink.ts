import {
  type ConnectorContext,
  type Outcome,
  type OutgoingRecord,
  type Sink,
  toAppError,
} from '@millrace/spi'
import { sinkClosed, sinkError } from './errors.ts'
import { GrowingFile } from './growing-file.ts'
import type { FileSinkOptions } from './options.ts'
import { lineOf } from './outgoing-line.ts'

/** Appends records to one file, a line each. The batches of several writes go one after the other. */
export class FileSink implements Sink {
  readonly #options: FileSinkOptions
  readonly #file: GrowingFile
  #isClosed = false
  /** The write that is under way, and those that wait. Never rejects. */
  #turn: Promise<void> = Promise.resolve()

  constructor(options: FileSinkOptions, { fileRoots, clock }: ConnectorContext) {
    this.#options = options
    this.#file = new GrowingFile(options, fileRoots, clock)
  }

  async write(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<Outcome[]> {
    signal.throwIfAborted()
    if (this.#isClosed) return records.map(() => ({ status: 'failed', error: sinkClosed() }))
    const outcomes = records.map((record): Outcome | string => {
      try {
        return lineOf(record, this.#options.line)
      } catch (thrown) {
        return { status: 'failed', error: toAppError(thrown) }
      }
    })
    const text = outcomes.filter(outcome => typeof outcome === 'string').join('')
    const written = text === '' ? ok : await this.#append(text, signal)
    return outcomes.map(outcome => (typeof outcome === 'string' ? written : outcome))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await this.#turn
    await this.#file.close()
  }

  /** Waits for its turn, then writes; rejects when the signal aborts before that. */
  async #append(text: string, signal: AbortSignal): Promise<Outcome> {
    const turn = this.#turn.then(async () => {
      signal.throwIfAborted()
      await this.#file.append(text)
    })
    this.#turn = turn.catch(() => {})
    try {
      await turn
      return ok
    } catch (thrown) {
      if (signal.aborted) throw signal.reason
      return { status: 'failed', error: sinkError(thrown, this.#options.path) }
    }
  }
}

const ok: Outcome = { status: 'ok', detail: 'appended' }
