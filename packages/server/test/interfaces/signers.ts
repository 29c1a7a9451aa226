import { createHmac, hash, randomUUID } from 'node:crypto'
import {
  acs3Signature,
  acsSignature,
  acsStringToSign,
  awsCanonicalRequest,
  awsSigningKey,
  awsStringToSign,
  fcSignature,
  fcStringToSign,
  mnsSignature,
  mnsStringToSign,
  rpcSignature,
  rpcStringToSign,
  slsV1Signature,
  slsV1StringToSign,
} from '../../src/auth/signatures/index.ts'
import type { WireRequest } from './wire-request.ts'

/** What a request is signed with. */
export interface Presented {
  readonly id: string
  readonly secret: string
  /** The security token of temporary credentials. */
  readonly token?: string
}

/** Signs a request as clients of one interface do. */
export type Signer = (request: WireRequest, presented: Presented) => WireRequest

export const bearer: Signer = (request, { id, secret, token }) =>
  withHeaders(request, {
    authorization: `Bearer ${id}.${secret}`,
    ...(token === undefined ? {} : { 'x-acs-security-token': token }),
  })

export const acs: Signer = (request, { id, secret, token }) => {
  const headers = {
    ...request.headers,
    date: new Date().toUTCString(),
    'x-acs-signature-nonce': randomUUID(),
    ...(token === undefined ? {} : { 'x-acs-security-token': token }),
  }
  const text = acsStringToSign(request.method, headers, request.path)
  return withHeaders(request, { ...headers, authorization: `acs:${id}:${acsSignature(text, secret)}` })
}

export const acs3: Signer = (request, { id, secret, token }) => {
  const headers: Record<string, string> = {
    ...request.headers,
    'x-acs-content-sha256': hash('sha256', request.body),
    'x-acs-date': `${new Date().toISOString().slice(0, 19)}Z`,
    'x-acs-signature-nonce': randomUUID(),
    ...(token === undefined ? {} : { 'x-acs-security-token': token }),
  }
  const [path = '', query = ''] = request.path.split('?')
  const names = Object.keys(headers).toSorted()
  const lines = names.map(name => `${name}:${headers[name]}\n`).join('')
  const sorted = query.split('&').toSorted().join('&')
  const end = `${names.join(';')}\n${headers['x-acs-content-sha256']}`
  const signature = acs3Signature(`${request.method}\n${path}\n${sorted}\n${lines}\n${end}`, secret)
  const authorization = `ACS3-HMAC-SHA256 Credential=${id},SignedHeaders=${names.join(';')},Signature=${signature}`
  return withHeaders(request, { ...headers, authorization })
}

export const fcNative: Signer = (request, { id, secret, token }) => {
  const headers: Record<string, string> = {
    ...request.headers,
    date: new Date().toUTCString(),
    ...(token === undefined ? {} : { 'x-fc-security-token': token }),
  }
  const path = decodeURIComponent(request.path.split('?', 1)[0] ?? '')
  const text = fcStringToSign(request.method, headers, headers['date'] ?? '', path)
  return withHeaders(request, { ...headers, authorization: `FC ${id}:${fcSignature(text, secret)}` })
}

export const mns: Signer = (request, { id, secret, token }) => {
  const headers = {
    ...request.headers,
    date: new Date().toUTCString(),
    ...(token === undefined ? {} : { 'security-token': token }),
  }
  const signature = mnsSignature(mnsStringToSign(request.method, headers, request.path), secret)
  return withHeaders(request, { ...headers, authorization: `MNS ${id}:${signature}` })
}

export const sls: Signer = (request, { id, secret, token }) => {
  const headers = {
    ...request.headers,
    date: new Date().toUTCString(),
    'x-log-signaturemethod': 'hmac-sha1',
    ...(token === undefined ? {} : { 'x-acs-security-token': token }),
  }
  const text = slsV1StringToSign(request.method, headers, request.path)
  const signature = slsV1Signature(text, secret, 'hmac-sha1')
  return withHeaders(request, { ...headers, authorization: `LOG ${id}:${signature}` })
}

export const aws: Signer = (request, { id, secret, token }) => {
  const stamp = new Date().toISOString().replaceAll(/[:-]|\.\d{3}/g, '')
  const date = stamp.slice(0, 8)
  const headers: Record<string, string> = {
    ...request.headers,
    'x-amz-date': stamp,
    ...(token === undefined ? {} : { 'x-amz-security-token': token }),
  }
  const names = Object.keys(headers).toSorted()
  const scope = `${date}/us-east-1/events/aws4_request`
  const bodyHash = hash('sha256', request.body)
  const text = awsStringToSign(
    stamp,
    scope,
    awsCanonicalRequest(headers, request.method, request.path, names, bodyHash),
  )
  const signature = createHmac('sha256', awsSigningKey(secret, date, 'us-east-1', 'events'))
    .update(text)
    .digest('hex')
  const authorization = `AWS4-HMAC-SHA256 Credential=${id}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`
  return withHeaders(request, { ...headers, authorization })
}

/** All parameters, those of the head as well, become a form that is signed whole. */
export const rpcSigned: Signer = ({ method, path, headers }, { id, secret, token }) => {
  const { 'x-acs-action': Action = '', 'x-acs-version': Version = '', ...others } = headers
  const parameters = new Map([
    ...new URLSearchParams(path.split('?', 2)[1] ?? ''),
    ['AccessKeyId', id],
    ['Action', Action],
    ['Format', 'JSON'],
    ...(token === undefined ? [] : [['SecurityToken', token] as const]),
    ['SignatureMethod', 'HMAC-SHA1'],
    ['SignatureNonce', randomUUID()],
    ['SignatureVersion', '1.0'],
    ['Timestamp', `${new Date().toISOString().slice(0, 19)}Z`],
    ['Version', Version],
  ] as const)
  parameters.set('Signature', rpcSignature(rpcStringToSign(method, parameters), secret))
  const body = new URLSearchParams([...parameters]).toString()
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  return { method, path: '/', headers: { ...others, ...type }, body }
}

function withHeaders(request: WireRequest, headers: Readonly<Record<string, string>>): WireRequest {
  return { ...request, headers: { ...request.headers, ...headers } }
}
