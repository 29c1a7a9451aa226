import { createHmac, hash } from 'node:crypto'
import { awsCanonicalRequest, awsSigningKey, awsStringToSign } from '../../../src/auth/index.ts'
import { accessKeyId, region, secretAccessKey } from './fixture.ts'

/** What of a signed request is to be different from what a client would send. */
export interface RequestChange {
  readonly method?: string
  readonly path?: string
  readonly keyId?: string
  readonly secret?: string
  readonly service?: string
  readonly atMs?: number
  /** Before signing; `undefined` leaves a header out. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  /** After signing. */
  readonly late?: Readonly<Record<string, string>>
  /** What is sent instead of what was signed. */
  readonly body?: string
}

export interface RawAnswer {
  readonly status: number
  readonly type: string | undefined
  readonly message: string | undefined
}

/** A signed request, written by hand. */
export async function sendSigned(
  url: string,
  target: string,
  body: string,
  change: RequestChange = {},
): Promise<RawAnswer> {
  const {
    method = 'POST',
    path = '/',
    keyId = accessKeyId,
    secret = secretAccessKey,
    service = 'events',
  } = change
  const stamp = new Date(change.atMs ?? Date.now()).toISOString().replaceAll(/[:-]|\.\d{3}/g, '')
  const headers = withoutUndefined({
    host: new URL(url).host,
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-date': stamp,
    'x-amz-target': target,
    ...change.headers,
  })
  const signed = Object.keys(headers).toSorted()
  const date = stamp.slice(0, 8)
  const canonical = awsCanonicalRequest(headers, method, path, signed, hash('sha256', body))
  const text = awsStringToSign(stamp, `${date}/${region}/${service}/aws4_request`, canonical)
  const key = awsSigningKey(secret, date, region, service)
  const signature = createHmac('sha256', key).update(text).digest('hex')
  const authorization = `AWS4-HMAC-SHA256 Credential=${keyId}/${date}/${region}/${service}/aws4_request, SignedHeaders=${signed.join(';')}, Signature=${signature}`
  const { host: _host, ...sent } = headers
  const response = await fetch(url + path, {
    method,
    headers: { ...sent, authorization, ...change.late },
    ...(method === 'GET' ? {} : { body: change.body ?? body }),
  })
  const answer = (await response.json()) as { __type?: string; message?: string }
  return { status: response.status, type: answer.__type, message: answer.message }
}

function withoutUndefined(headers: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  )
}
