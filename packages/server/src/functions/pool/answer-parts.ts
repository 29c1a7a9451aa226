import { type HeadHeader, streamWindowBytes } from '@millrace/spi'

/** Takes an answer in parts while the code still runs. */
export interface AnswerStream {
  /** Comes once, before any data. */
  head(head: HeadHeader): void
  /** The next data comes when the promise has resolved: so a slow reader slows the code. Rejecting ends the invocation. */
  data(bytes: Uint8Array): Promise<void>
}

/** Largest answer that is put together from parts: as large as one that comes whole. */
export const answerBytesMax = 32 * 1_024 * 1_024

/** `broken`: the code's side sent more than it had room for. */
export type PartVerdict = 'taken' | 'too-large' | 'broken'

/**
 * The parts of one answer on their way to whoever takes them. Room that a taken part has used is given back by
 * `credit`; a reader that is slow holds at most `streamWindowBytes` here.
 */
export class AnswerParts {
  readonly #stream: AnswerStream | undefined
  readonly #credit: (bytes: number) => void
  readonly #failed: (error: Error) => void
  readonly #kept: Uint8Array[] = []
  #keptBytes = 0
  #waitingBytes = 0
  #delivery: Promise<void> = Promise.resolve()
  #head: HeadHeader | undefined
  #discarding = false

  /** `failed` is called once, when the stream takes no more. */
  constructor(
    stream: AnswerStream | undefined,
    credit: (bytes: number) => void,
    failed: (error: Error) => void,
  ) {
    this.#stream = stream
    this.#credit = credit
    this.#failed = failed
  }

  get head(): HeadHeader | undefined {
    return this.#head
  }

  /** A second one is passed over. */
  onHead(head: HeadHeader): void {
    if (this.#head !== undefined) return
    this.#head = head
    if (!this.#discarding) this.#stream?.head(head)
  }

  onData(bytes: Uint8Array): PartVerdict {
    if (this.#head === undefined) this.onHead({})
    if (this.#waitingBytes + bytes.length > streamWindowBytes) return 'broken'
    if (this.#discarding) this.#credit(bytes.length)
    else if (this.#stream === undefined) return this.#keep(bytes)
    else this.#pass(this.#stream, bytes)
    return 'taken'
  }

  /** Nobody waits any more: what still comes is thrown away, so that the code can end. */
  discard(): void {
    this.#discarding = true
    this.#kept.length = 0
  }

  /** Resolves when all parts have been taken: with the whole answer, which is empty when a stream took it. */
  async whole(last: Uint8Array): Promise<Uint8Array> {
    if (last.length > 0 && this.#stream !== undefined) this.#pass(this.#stream, last)
    await this.#delivery
    if (this.#stream !== undefined) return new Uint8Array(0)
    return this.#kept.length === 0 ? last : Buffer.concat([...this.#kept, last])
  }

  #keep(bytes: Uint8Array): PartVerdict {
    this.#keptBytes += bytes.length
    if (this.#keptBytes > answerBytesMax) {
      this.discard()
      this.#credit(bytes.length)
      return 'too-large'
    }
    // A copy: small parts would each hold the whole chunk that they came in.
    this.#kept.push(Uint8Array.from(bytes))
    this.#credit(bytes.length)
    return 'taken'
  }

  #pass(stream: AnswerStream, bytes: Uint8Array): void {
    this.#waitingBytes += bytes.length
    this.#delivery = this.#delivery.then(async () => {
      try {
        if (!this.#discarding) await stream.data(bytes)
      } catch (error) {
        this.discard()
        this.#failed(error as Error)
      }
      this.#waitingBytes -= bytes.length
      this.#credit(bytes.length)
    })
  }
}
