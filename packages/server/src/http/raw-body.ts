import type { IncomingMessage } from 'node:http'
import { AppError, retryNever } from '@millrace/spi'
import { bodyTooLarge } from './translate.ts'

/**
 * Reads a body of at most `limit` bytes. Throws `http.body-too-large` as soon as it is known to be larger, by its
 * length before anything is read; a client that leaves ends in `http.malformed-request`, which nobody hears.
 */
export function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const contentLength = request.headers['content-length']
    if (contentLength !== undefined && Number(contentLength) > limit) {
      reject(bodyTooLarge(limit, contentLength))
      return
    }
    const chunks: Buffer[] = []
    let length = 0
    const onData = (chunk: Buffer): void => {
      length += chunk.length
      if (length > limit) {
        request.off('data', onData)
        reject(bodyTooLarge(limit, undefined))
        return
      }
      chunks.push(chunk)
    }
    request.on('data', onData)
    request.on('end', () =>
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)),
    )
    request.on('error', cause => reject(clientLeft(cause)))
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
