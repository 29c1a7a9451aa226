import type { IncomingMessage } from 'node:http'
import { AppError, retryNever } from '@millrace/spi'
import type { BodyBudget } from './body-budget.ts'
import { bodyTooLarge } from './translate.ts'

/** A body in memory. Disposing gives its bytes back to the budget. */
export interface HeldBody extends Disposable {
  readonly bytes: Buffer
}

/**
 * Reads a body of at most `limit` bytes. Rejects with `http.body-too-large` as soon as it is known to be larger, by its
 * length before anything is read; with `http.overloaded` when all bodies together hold too much; and with
 * `http.malformed-request`, which nobody hears, when the client leaves.
 */
export function readBody(request: IncomingMessage, limit: number, budget: BodyBudget): Promise<HeldBody> {
  return new Promise((resolve, reject) => {
    const contentLength = request.headers['content-length']
    if (contentLength !== undefined && Number(contentLength) > limit) {
      reject(bodyTooLarge(limit, contentLength))
      return
    }
    const chunks: Buffer[] = []
    let length = 0
    let isHeld = true

    function release(): void {
      if (isHeld) budget.give(length)
      isHeld = false
    }
    function fail(reason: unknown): void {
      request.off('data', onData)
      release()
      reject(reason)
    }
    function onData(chunk: Buffer): void {
      if (length + chunk.length > limit) {
        fail(bodyTooLarge(limit, undefined))
        return
      }
      try {
        budget.take(chunk.length)
      } catch (thrown) {
        fail(thrown)
        return
      }
      length += chunk.length
      chunks.push(chunk)
    }

    request.on('data', onData)
    request.on('error', cause => fail(clientLeft(cause)))
    request.on('end', () => {
      const [only] = chunks
      const bytes = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, length)
      resolve({ bytes, [Symbol.dispose]: release })
    })
  })
}

function clientLeft(cause: unknown): AppError {
  return new AppError(
    'http.malformed-request',
    'the connection ended before the body was complete',
    retryNever,
    {
      cause,
    },
  )
}
