import { createHmac } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Clock } from '@millrace/spi'
import { principalOf } from '../authenticator.ts'
import { directoryOf, type Keys } from '../keys.ts'
import { isSignature, signatureMismatch, type SignatureVerdict, skewRefusal } from './verdict.ts'

export interface SlsOptions {
  readonly credentials: Keys
  readonly clock: Clock
}

/** Digests of the first scheme, as `x-log-signaturemethod` names them. */
export const slsDigests = { 'hmac-sha1': 'sha1', 'hmac-sha256': 'sha256' } as const
export type SlsDigest = keyof typeof slsDigests

/**
 * Judges requests of the compatible log service: `Authorization: LOG <key>:<signature>` over method, MD5 and type of the body,
 * date, the headers `x-log-` and `x-acs-`, path and decoded query (mns-and-sls sections 2.3.1 and 2.3.2). There is no nonce,
 * and the host, which names the project, is not signed.
 */
export interface SlsV1Verifier {
  /** `url` is path and query as they were sent. */
  verify(headers: IncomingHttpHeaders, method: string, url: string): SignatureVerdict
}

export function createSlsV1Verifier({ credentials, clock }: SlsOptions): SlsV1Verifier {
  const keys = directoryOf(credentials)
  return {
    verify(headers, method, url) {
      const [, keyId = '', given = ''] = slsV1Authorization.exec(headers.authorization ?? '') ?? []
      const { key, refusal } = keys.find(keyId, text(headers, 'x-acs-security-token'))
      const digest = text(headers, 'x-log-signaturemethod')
      if (!isSlsDigest(digest)) return signatureMismatch()
      const expected = slsV1Signature(slsV1StringToSign(method, headers, url), key.accessKeySecret, digest)
      if (refusal !== undefined) return refusal
      if (!isSignature(given, expected, 'base64')) return signatureMismatch()
      const datedMs = Date.parse(slsV1Date(headers))
      if (Number.isNaN(datedMs)) return signatureMismatch()
      return skewRefusal(datedMs, clock.nowMs()) ?? principalOf(key)
    },
  }
}

export const slsV1Authorization = /^LOG ([^:\s]{1,128}):([A-Za-z0-9+/=]{1,64})$/

export function isSlsDigest(name: string): name is SlsDigest {
  return Object.hasOwn(slsDigests, name)
}

/** The date that is signed: `x-log-date` stands in where a program cannot set `Date`. */
export function slsV1Date(headers: IncomingHttpHeaders): string {
  return headers.date ?? text(headers, 'x-log-date')
}

/** The text that is signed. */
export function slsV1StringToSign(method: string, headers: IncomingHttpHeaders, url: string): string {
  const lines = Object.keys(headers)
    .filter(name => name.startsWith('x-log-') || name.startsWith('x-acs-'))
    .toSorted()
    .map(name => `${name}:${text(headers, name).trim()}\n`)
    .join('')
  const head = [method, text(headers, 'content-md5'), text(headers, 'content-type'), slsV1Date(headers)]
  const [path = '', ...rest] = url.split('?')
  // A question mark with nothing behind it, which one client sends with every call, is not signed.
  const pairs = [...new URLSearchParams(rest.join('?'))].map(([key, value]) => `${key}=${value}`).toSorted()
  const query = pairs.length === 0 ? '' : `?${pairs.join('&')}`
  return `${head.join('\n')}\n${lines}${path}${query}`
}

/** Base64 of the HMAC. */
export function slsV1Signature(stringToSign: string, accessKeySecret: string, digest: SlsDigest): string {
  return createHmac(slsDigests[digest], accessKeySecret).update(stringToSign, 'utf8').digest('base64')
}

function text(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name]
  return value === undefined ? '' : String(value)
}
