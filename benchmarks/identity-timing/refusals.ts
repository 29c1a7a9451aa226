import { randomBytes, randomUUID } from 'node:crypto'

/** One request that is refused. */
export interface RefusedRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** Whom a request names: a key, and the token beside it for temporary credentials. */
export interface Claimed {
  readonly keyId: string
  readonly token?: string
}

/** One way to be refused. */
export interface Refusal {
  readonly name: string
  /** A request in the name of somebody, with a signature that is none of theirs. */
  request(claimed: Claimed): RefusedRequest
}

const body = Buffer.from(JSON.stringify({ EventBusName: 'orders' }))
const base64 = (): string => randomBytes(20).toString('base64')
const hex = (): string => randomBytes(32).toString('hex')
const now = (): string => new Date().toUTCString()
const compact = (): string => new Date().toISOString().replaceAll(/[:-]|\.\d{3}/g, '')

/** Each scheme of each interface. */
export const refusals: readonly Refusal[] = [
  {
    name: 'own API, bearer',
    request: ({ keyId, token }) => ({
      method: 'GET',
      path: '/api/v1/buses',
      headers: {
        authorization: `Bearer ${keyId}.${hex()}`,
        ...(token === undefined ? {} : { 'x-acs-security-token': token }),
      },
      body: Buffer.alloc(0),
    }),
  },
  {
    name: 'EventBridge, HMAC-SHA1',
    request: ({ keyId, token }) => ({
      method: 'POST',
      path: '/openapi/getEventBus',
      headers: {
        authorization: `acs:${keyId}:${base64()}`,
        date: now(),
        'content-type': 'application/json',
        'x-acs-signature-nonce': randomUUID(),
        ...(token === undefined ? {} : { 'x-acs-security-token': token }),
      },
      body,
    }),
  },
  {
    name: 'Function Compute 3, ACS3',
    request: ({ keyId, token }) => ({
      method: 'GET',
      path: '/2023-03-30/functions',
      headers: {
        authorization: `ACS3-HMAC-SHA256 Credential=${keyId},SignedHeaders=host;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce,Signature=${hex()}`,
        'x-acs-content-sha256': hex(),
        'x-acs-date': new Date().toISOString().replace(/\.\d{3}/, ''),
        'x-acs-signature-nonce': randomUUID(),
        ...(token === undefined ? {} : { 'x-acs-security-token': token }),
      },
      body: Buffer.alloc(0),
    }),
  },
  {
    name: 'Function Compute 2, HMAC-SHA256',
    request: ({ keyId, token }) => ({
      method: 'GET',
      path: '/2016-08-15/services',
      headers: {
        authorization: `FC ${keyId}:${base64()}`,
        date: now(),
        ...(token === undefined ? {} : { 'x-fc-security-token': token }),
      },
      body: Buffer.alloc(0),
    }),
  },
  {
    name: 'MNS, HMAC-SHA1',
    request: ({ keyId, token }) => ({
      method: 'GET',
      path: '/queues/orders',
      headers: {
        authorization: `MNS ${keyId}:${base64()}`,
        date: now(),
        'x-mns-version': '2015-06-06',
        ...(token === undefined ? {} : { 'security-token': token }),
      },
      body: Buffer.alloc(0),
    }),
  },
  {
    name: 'Log Service, HMAC-SHA1',
    request: ({ keyId, token }) => ({
      method: 'GET',
      path: '/logstores',
      headers: {
        authorization: `LOG ${keyId}:${base64()}`,
        date: now(),
        'x-log-apiversion': '0.6.0',
        'x-log-signaturemethod': 'hmac-sha1',
        ...(token === undefined ? {} : { 'x-acs-security-token': token }),
      },
      body: Buffer.alloc(0),
    }),
  },
  {
    name: 'AWS, Signature Version 4',
    request: ({ keyId, token }) => {
      const stamp = compact()
      const names = token === undefined ? '' : 'x-amz-security-token;'
      return {
        method: 'POST',
        path: '/',
        headers: {
          authorization: `AWS4-HMAC-SHA256 Credential=${keyId}/${stamp.slice(0, 8)}/us-east-1/events/aws4_request, SignedHeaders=content-type;host;x-amz-date;${names}x-amz-target, Signature=${hex()}`,
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-date': stamp,
          'x-amz-target': 'AWSEvents.ListEventBuses',
          ...(token === undefined ? {} : { 'x-amz-security-token': token }),
        },
        body,
      }
    },
  },
]
