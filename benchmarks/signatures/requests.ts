import { createHmac, hash, randomUUID } from 'node:crypto'

/** The key of the measurement, as a credential of the server. */
export const credential = { accessKeyId: 'benchmark', accessKeySecret: 'benchmark-only-secret', account: '1' }

/** A request as Node.js hands it over, signed the way the clients of its scheme do. */
export interface SignedRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

const { accessKeyId, accessKeySecret } = credential
const host = '127.0.0.1:8400'

/** A JSON body of exactly so many bytes. */
export function bodyOf(bytes: number): Buffer {
  const shape = { specversion: '1.0', source: '/benchmark', type: 'benchmark.event', data: { text: '' } }
  const missing = bytes - JSON.stringify(shape).length
  return Buffer.from(JSON.stringify({ ...shape, data: { text: 'x'.repeat(missing) } }))
}

/** As `@alicloud/eventbridge` publishes. The body is not signed. */
export function acsRequest(nowMs: number, body: Buffer): SignedRequest {
  const date = new Date(nowMs).toUTCString()
  const type = 'application/cloudevents-batch+json; charset=utf-8'
  const signed = {
    'x-acs-signature-method': 'HMAC-SHA1',
    'x-acs-signature-nonce': randomUUID().replaceAll('-', ''),
    'x-acs-signature-version': '1.0',
  }
  const url = '/openapi/putEvents'
  const text = `POST\n\n${type}\n${date}\n${linesOf(signed)}${url}`
  const headers = {
    date,
    host,
    accept: 'application/json',
    ...signed,
    'x-eventbridge-version': '2015-06-06',
    'user-agent': 'benchmark',
    'content-type': type,
    authorization: `acs:${accessKeyId}:${hmac('sha1', text, 'base64')}`,
    'transfer-encoding': 'chunked',
  }
  return { method: 'POST', url, headers, body }
}

/** As `@alicloud/fc20230330` and every other client over the core of the vendor's clients. The hash of the body is signed. */
export function acs3Request(nowMs: number, body: Buffer): SignedRequest {
  const signed = {
    'content-type': 'application/octet-stream',
    host,
    'x-acs-action': 'InvokeFunction',
    'x-acs-content-sha256': hash('sha256', body),
    'x-acs-credentials-provider': 'static_ak',
    'x-acs-date': new Date(nowMs).toISOString().replace(/\.\d{3}/, ''),
    'x-acs-signature-nonce': randomUUID().replaceAll('-', ''),
    'x-acs-version': '2023-03-30',
  }
  const url = '/2023-03-30/functions/benchmark/invocations?qualifier=LATEST'
  const [path = '', query = ''] = url.split('?')
  const names = Object.keys(signed).join(';')
  const canonical = `POST\n${path}\n${query}\n${linesOf(signed)}\n${names}\n${signed['x-acs-content-sha256']}`
  const signature = hmac('sha256', `ACS3-HMAC-SHA256\n${hash('sha256', canonical)}`, 'hex')
  const authorization = `ACS3-HMAC-SHA256 Credential=${accessKeyId},SignedHeaders=${names},Signature=${signature}`
  const headers = {
    ...signed,
    'user-agent': 'benchmark',
    'content-length': String(body.length),
    authorization,
  }
  return { method: 'POST', url, headers, body }
}

/** As `@alicloud/fc2` invokes: the digest of the body is a header, and signed. */
export function fcRequest(nowMs: number, body: Buffer): SignedRequest {
  const date = new Date(nowMs).toUTCString()
  const digest = hash('md5', body)
  const signed = { 'x-fc-account-id': '1', 'x-fc-invocation-type': 'Sync', 'x-fc-log-type': 'None' }
  const url = '/2016-08-15/services/shop/functions/pay/invocations'
  const text = `POST\n${digest}\napplication/octet-stream\n${date}\n${linesOf(signed)}${url}`
  const headers = {
    accept: 'application/json',
    date,
    host,
    'user-agent': 'benchmark',
    ...signed,
    'content-type': 'application/octet-stream',
    'content-length': String(body.length),
    'content-md5': digest,
    authorization: `FC ${accessKeyId}:${hmac('sha256', text, 'base64')}`,
  }
  return { method: 'POST', url, headers, body }
}

/** As `@alicloud/mns` sends: the digest of the body is a header, and signed. */
export function mnsRequest(nowMs: number, body: Buffer): SignedRequest {
  const date = new Date(nowMs).toUTCString()
  const digest = Buffer.from(hash('md5', body)).toString('base64')
  const signed = { 'x-mns-date': date, 'x-mns-version': '2015-06-06' }
  const url = '/queues/benchmark/messages'
  const text = `POST\n${digest}\ntext/xml\n${date}\n${linesOf(signed)}${url}`
  const headers = {
    date,
    host,
    'user-agent': 'benchmark',
    ...signed,
    'content-type': 'text/xml',
    'content-md5': digest,
    'content-length': String(body.length),
    authorization: `MNS ${accessKeyId}:${hmac('sha1', text, 'base64')}`,
  }
  return { method: 'POST', url, headers, body }
}

/** As `@aws-sdk/client-eventbridge` calls. The hash of the body is signed. */
export function awsRequest(nowMs: number, body: Buffer): SignedRequest {
  const time = new Date(nowMs).toISOString().replaceAll(/[:-]|\.\d{3}/g, '')
  const signed = {
    'amz-sdk-invocation-id': randomUUID(),
    'amz-sdk-request': 'attempt=1; max=3',
    'content-length': String(body.length),
    'content-type': 'application/x-amz-json-1.1',
    host,
    'x-amz-content-sha256': hash('sha256', body),
    'x-amz-date': time,
    'x-amz-target': 'AWSEvents.PutEvents',
    'x-amz-user-agent': 'benchmark',
  }
  const scope = `${time.slice(0, 8)}/us-east-1/events/aws4_request`
  const names = Object.keys(signed).join(';')
  const canonical = `POST\n/\n\n${linesOf(signed)}\n${names}\n${signed['x-amz-content-sha256']}`
  let key: string | Buffer = `AWS4${accessKeySecret}`
  for (const part of scope.split('/')) key = createHmac('sha256', key).update(part).digest()
  const signature = createHmac('sha256', key)
    .update(`AWS4-HMAC-SHA256\n${time}\n${scope}\n${hash('sha256', canonical)}`)
    .digest('hex')
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`
  return { method: 'POST', url: '/', headers: { ...signed, authorization }, body }
}

/** Names that are sorted already become the lines that all of these schemes sign. */
function linesOf(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}:${value}\n`)
    .join('')
}

function hmac(algorithm: string, text: string, encoding: 'hex' | 'base64'): string {
  return createHmac(algorithm, accessKeySecret).update(text).digest(encoding)
}
