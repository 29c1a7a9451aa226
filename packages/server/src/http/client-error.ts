import type { Socket } from 'node:net'
import { AppError, retryNever } from '@millrace/spi'
import { type ProblemMaker, problemMediaType } from './error-body.ts'
import type { HttpLimits } from './limits.ts'

/**
 * Answers what the HTTP parser refuses: there is no request yet, so the answer is written to the socket by hand and
 * the connection ends. A socket that has been answered already, or that the client has left, is only closed.
 */
export function clientErrorAnswer(
  makeProblem: ProblemMaker,
  limits: HttpLimits,
  isAnswered: (socket: Socket) => boolean,
): (error: Error & { code?: string }, socket: Socket) => void {
  return (error, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable || isAnswered(socket)) {
      socket.destroy(error)
      return
    }
    const { status, body } = makeProblem(meaningOf(error.code, limits))
    const text = JSON.stringify(body)
    socket.end(
      `HTTP/1.1 ${status} ${reasonPhrases[status] ?? 'Bad Request'}\r\n` +
        `content-type: ${problemMediaType}\r\ncontent-length: ${Buffer.byteLength(text)}\r\n` +
        `connection: close\r\n\r\n${text}`,
      () => socket.destroy(),
    )
  }
}

const reasonPhrases: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  413: 'Content Too Large',
  431: 'Request Header Fields Too Large',
}

function meaningOf(code: string | undefined, limits: HttpLimits): AppError {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT': {
      const { headersTimeoutMs, requestTimeoutMs } = limits
      return new AppError(
        'http.timeout',
        `a request must arrive within ${requestTimeoutMs} ms, its head within ${headersTimeoutMs} ms`,
        retryNever,
        { details: { headersTimeoutMs, requestTimeoutMs } },
      )
    }
    case 'HPE_HEADER_OVERFLOW':
      return new AppError(
        'http.headers-too-large',
        `the head of a request may have ${limits.headerBytesMax} bytes at most`,
        retryNever,
        { details: { limit: limits.headerBytesMax } },
      )
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new AppError('http.body-too-large', 'the extensions of a chunk are too long')
    default:
      return new AppError('http.malformed-request', 'the bytes are not a request of HTTP/1.1')
  }
}
