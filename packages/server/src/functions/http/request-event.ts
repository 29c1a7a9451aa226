import { eventHeaders, type RawHeaders } from './headers.ts'
import { decodePath, joinedQuery } from './query.ts'

/** A request as a trigger has taken it, its path rewritten. */
export interface TriggerRequest {
  readonly method: string
  /** As sent, percent-encoded, without the query. */
  readonly path: string
  /** As sent, without `?`. */
  readonly query: string
  readonly rawHeaders: RawHeaders
  readonly contentType: string | undefined
  readonly body: Uint8Array
  /** Without the port. */
  readonly host: string
  readonly protocol: string
  readonly sourceIp: string
  readonly userAgent: string
  readonly account: string
  readonly requestId: string
  readonly receivedAtMs: number
}

/** The event that a function of the kind `event` gets for a request, as JSON (function-compute section 8.2). */
export function requestEvent(request: TriggerRequest): Buffer {
  const { body, contentType, host, receivedAtMs, path } = request
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length)
  const isText = isTextual(contentType)
  return Buffer.from(
    JSON.stringify({
      version: 'v1',
      rawPath: path,
      headers: eventHeaders(request.rawHeaders),
      queryParameters: joinedQuery(request.query),
      body: isText ? bytes.toString('utf8') : bytes.toString('base64'),
      isBase64Encoded: !isText,
      requestContext: {
        accountId: request.account,
        domainName: host,
        domainPrefix: host.split('.', 1)[0] ?? '',
        requestId: request.requestId,
        time: `${new Date(receivedAtMs).toISOString().slice(0, 19)}Z`,
        timeEpoch: String(receivedAtMs),
        http: {
          method: request.method,
          path: decodePath(path) ?? path,
          protocol: request.protocol,
          sourceIp: request.sourceIp,
          userAgent: request.userAgent,
        },
      },
    }),
  )
}

/** Whether a body of this type is given as text. A request that states no type is not text. */
export function isTextual(contentType: string | undefined): boolean {
  if (contentType === undefined) return false
  const type = (contentType.split(';', 1)[0] as string).trim().toLowerCase()
  return type.startsWith('text/') || textualTypes.has(type)
}

const textualTypes: ReadonlySet<string> = new Set([
  'application/json',
  'application/ld+json',
  'application/xhtml+xml',
  'application/xml',
  'application/atom+xml',
  'application/javascript',
])
