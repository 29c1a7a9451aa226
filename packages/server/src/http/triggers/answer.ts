import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  type AnswerStream,
  checkedResponseHeaders,
  type HeaderMap,
  responseInvalid,
  type TriggerResponse,
  withCorsHeaders,
} from '../../functions/index.ts'
import type { CorsSpec } from '../../resources/index.ts'

/** What every answer to one request has in common. */
export interface AnswerParts {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly requestId: string
  /** Under the server's own name, where pages are not to be shown: they would share the origin of the console. */
  readonly isOwnUrl: boolean
  /** Whether the listener is closing, so that the connection is not kept. */
  readonly isClosing: boolean
}

/** Rules for other origins, and the origin that asks. */
export interface CorsParts {
  readonly cors: CorsSpec | undefined
  readonly origin: string | undefined
}

/** Sends an answer of the platform's own. */
export function sendAnswer(
  parts: AnswerParts,
  status: number,
  headers: HeaderMap,
  body: Uint8Array | string,
): void {
  const { response } = parts
  const all: Record<string, string | string[] | number> = platformHeaders(parts)
  for (const [name, value] of Object.entries(headers)) all[name] = value as string | string[]
  if (status !== 204 && status !== 304) all['content-length'] = Buffer.byteLength(body)
  response.writeHead(status, all)
  response.end(body)
}

/** Sends what code has answered whole. Throws `function.response-invalid` before anything is sent. */
export function sendResponse(
  parts: AnswerParts,
  { cors, origin }: CorsParts,
  { status, headers, body }: TriggerResponse,
  further: HeaderMap,
): void {
  const checked = checkedResponseHeaders(headers, parts.isOwnUrl)
  sendAnswer(parts, status, { ...withCorsHeaders(cors, origin, checked), ...further }, body)
}

function platformHeaders({
  requestId,
  isOwnUrl,
  isClosing,
}: AnswerParts): Record<string, string | string[] | number> {
  return {
    'x-fc-request-id': requestId,
    'x-millrace-request-id': requestId,
    ...(isOwnUrl ? { 'content-disposition': 'attachment' } : {}),
    ...(isClosing ? { connection: 'close' } : {}),
  }
}

/**
 * An answer that comes in parts, on its way to the client. The first part is sent together with the head, where it comes
 * in the same turn. A client that reads slowly holds the code back; `failed` is called when nothing can be sent.
 */
export function answerStream(
  parts: AnswerParts,
  { cors, origin }: CorsParts,
  failed: (error: Error) => void,
): AnswerStream {
  const { response } = parts
  return {
    head({ statusCode = 200, headers, contentType }) {
      try {
        if (statusCode < 200) throw responseInvalid(`${statusCode} is no status of a whole answer`)
        const given: HeaderMap = contentType === undefined ? {} : { 'content-type': contentType }
        const checked = checkedResponseHeaders({ ...given, ...headers }, parts.isOwnUrl)
        const all = { ...withCorsHeaders(cors, origin, checked), ...platformHeaders(parts) }
        response.writeHead(statusCode, all as Record<string, string | string[] | number>)
        setImmediate(() => {
          if (!response.writableEnded && !response.destroyed) response.flushHeaders()
        })
      } catch (thrown) {
        failed(thrown as Error)
      }
    },
    async data(bytes) {
      if (response.destroyed || !response.headersSent) throw new Error('the answer cannot be sent on')
      if (!response.write(bytes)) await drained(response)
    },
  }
}

/** Resolves when the client has taken what waits, or has left. */
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
