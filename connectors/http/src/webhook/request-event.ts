import { bodyJson, type DoorRequest, type SourceContext, sourceEvent } from '@millrace/spi'
import { queryOf } from './guard.ts'

/** Headers that never become a part of an event: they let their bearer in somewhere. */
const secretHeaders: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization'])

/** Headers by which senders name a delivery, so that the same one sent again has the same id. */
const idHeaders = ['webhook-id', 'x-github-delivery', 'idempotency-key', 'x-request-id']

/** Id of the event: the sender's, or one of our own. */
export function deliveryId({ headers }: DoorRequest, make: () => string): string {
  for (const name of idHeaders) {
    const given = headers[name]
    if (given !== undefined && given !== '' && given.length <= 256) return given
  }
  return make()
}

/**
 * Request → event in the shape of section 9.6. A JSON body is taken as it is, any other as text, or as base64 when it
 * is not UTF-8. Throws `record.malformed` for a body that is not the JSON which its content type says.
 */
export function requestEvent(
  request: DoorRequest,
  id: string,
  nowMs: number,
  { name, account, region }: Pick<SourceContext, 'name' | 'account' | 'region'>,
): Uint8Array {
  const headers = Object.entries(request.headers).filter(([header]) => !secretHeaders.has(header))
  const query: Record<string, string> = {}
  for (const [key, value] of queryOf(request.target)) {
    if (key !== 'token' && !Object.hasOwn(query, key)) query[key] = value
  }
  const { target, method } = request
  const about = {
    headers: Object.fromEntries(headers),
    path: target.split('?', 1)[0] || '/',
    httpMethod: method,
    queryString: query,
  }
  return sourceEvent({
    id,
    source: name,
    type: 'eventbridge:Events:HTTPEvent',
    subject: `acs:eventbridge:${region}:${account}:eventstreaming/${name}`,
    timeMs: nowMs,
    data: `${JSON.stringify(about).slice(0, -1)},"body":${bodyOf(request)}}`,
  })
}

function bodyOf({ headers, body }: DoorRequest): string {
  if (body.length === 0) return 'null'
  const type = headers['content-type'] ?? ''
  if (/[/+]json\b/i.test(type)) return bodyJson(body, 'json')
  try {
    return bodyJson(body, 'text')
  } catch {
    return bodyJson(body, 'binary')
  }
}
