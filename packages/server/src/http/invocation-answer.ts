import type { HeadHeader } from '@millrace/spi'
import type { FastifyReply } from 'fastify'
import type { ServerResponse } from 'node:http'
import type { AnswerStream } from '../functions/index.ts'

/**
 * The answer to one synchronous invocation while it runs: passes on what a handler streams, as it comes and no faster than
 * the caller reads, and ends the invocation when the caller leaves.
 */
export class AnswerOnTheWay implements AnswerStream {
  readonly #reply: FastifyReply
  readonly #left = new AbortController()
  readonly #headers: Readonly<Record<string, string>>
  #hasBegun = false

  /** `headers` are those of an answer that goes out in parts, besides its content type. */
  constructor(reply: FastifyReply, headers: Readonly<Record<string, string>> = {}) {
    this.#reply = reply
    this.#headers = headers
  }

  /** Whether a head was sent, so that nothing else can be. */
  get hasBegun(): boolean {
    return this.#hasBegun
  }

  /** Runs the invocation. When it fails after the answer has begun, the connection is cut: the caller sees that it is not whole. */
  async during<Result>(invoke: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const { raw } = this.#reply
    const leave = (): void => this.#left.abort()
    raw.once('close', leave)
    try {
      return await invoke(this.#left.signal)
    } catch (thrown) {
      if (this.#hasBegun) raw.destroy()
      throw thrown
    } finally {
      // Every answer ends with a close: aborting what is over already would cost each call an exception.
      raw.off('close', leave)
    }
  }

  head({ contentType }: HeadHeader): void {
    const { raw } = this.#reply
    this.#hasBegun = true
    this.#reply.hijack()
    // Headers of the code's own are for its own address; here the answer is the result alone.
    raw.writeHead(200, { ...this.#headers, 'content-type': contentType ?? 'application/octet-stream' })
    raw.flushHeaders()
  }

  async data(bytes: Uint8Array): Promise<void> {
    const { raw } = this.#reply
    if (raw.destroyed) throw new Error('the caller has left')
    if (!raw.write(bytes)) await drained(raw)
  }

  /** Ends an answer that has begun; one whose code has failed is cut. */
  end(isWhole: boolean): void {
    const { raw } = this.#reply
    if (isWhole) raw.end()
    else raw.destroy()
  }
}

/** Resolves when the caller has taken what waits, or has left. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise(resolve => {
    const settle = (): void => {
      response.off('drain', settle)
      response.off('close', settle)
      resolve()
    }
    response.on('drain', settle)
    response.on('close', settle)
  })
}
