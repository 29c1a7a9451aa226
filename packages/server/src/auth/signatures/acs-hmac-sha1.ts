import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { AppError, type Clock, retryNever } from '@millrace/spi'
import { type AuthenticationScheme, type Principal, principalOf } from '../authenticator.ts'
import { directoryOf, type Keys } from '../keys.ts'
import { NonceLedger } from './nonce-ledger.ts'
import { headerText } from './verdict.ts'

/** How far the date of a signed request may be from the clock of this node, either way. */
export const signatureSkewMsMax = 15 * 60_000
/** Longest nonce; clients send 32 characters. */
export const nonceLengthMax = 128

export interface AcsSignatureOptions {
  readonly credentials: Keys
  readonly clock: Clock
  /** The scheme answers for paths that begin with this; elsewhere its credentials count for nothing. */
  readonly pathPrefix: string
  /** Default `noncesMax` of the ledger. */
  readonly noncesMax?: number
}

/**
 * `Authorization: acs:<accessKeyId>:<signature>`: HMAC-SHA1 over method, content type, date, the `x-acs-` headers and
 * the path (section 2.3 of the compatible protocol, version 1.0). The body is not signed; the content type is.
 *
 * Refused besides a wrong signature: an unknown key, a date further off than `signatureSkewMsMax`, a nonce that is
 * missing or was used before, and temporary credentials that are not in force. Unlike the bearer scheme it tells
 * which, because clients of the protocol decide by it; therefore it answers below its own path only.
 */
export function acsSignatureScheme(options: AcsSignatureOptions): AuthenticationScheme {
  const { clock, pathPrefix } = options
  const keys = directoryOf(options.credentials)
  const ledger = new NonceLedger({
    skewMsMax: signatureSkewMsMax,
    ...(options.noncesMax === undefined ? {} : { noncesMax: options.noncesMax }),
  })

  return {
    challenge: 'acs realm="millrace"',
    claims: (headers, _method, url) =>
      url.startsWith(pathPrefix) && authorizationPrefix.test(headers.authorization ?? ''),
    authenticate(headers, method, url): Principal | AppError {
      const [, keyId = '', given = ''] = authorizationExpression.exec(headers.authorization ?? '') ?? []
      const { key, refusal: refused } = keys.find(keyId, headerText(headers['x-acs-security-token']))
      const expected = acsSignature(acsStringToSign(method, headers, url), key.accessKeySecret)
      if (refused !== undefined) return refused
      if (!isSameSignature(given, expected)) return mismatch('the signature is not that of this request')
      const refusal = checkFreshness(headers, keyId, clock.nowMs(), ledger)
      return refusal ?? principalOf(key)
    },
  }
}

/** Both notations that the documentation prints: with a colon and with a space behind the scheme. */
const authorizationExpression = /^acs[: ]([^:\s]{1,128}):([A-Za-z0-9+/=]{1,64})$/
const authorizationPrefix = /^acs(?:[: ]|$)/

/** The text that is signed. `url` is path and query as they were sent; values of the query are signed decoded. */
export function acsStringToSign(method: string, headers: IncomingHttpHeaders, url: string): string {
  const text = (name: string): string => {
    const value = headers[name]
    return typeof value === 'string' ? value : ''
  }
  const signed = Object.keys(headers)
    .filter(name => name.startsWith('x-acs-'))
    .sort()
    .map(
      name =>
        `${name}:${text(name)
          .replaceAll(/[\t\n\r\f]/g, ' ')
          .trim()}\n`,
    )
  const head = [method, text('content-md5'), text('content-type'), text('date')].join('\n')
  return `${head}\n${signed.join('')}${canonicalResource(url)}`
}

/** Base64 of HMAC-SHA1. */
export function acsSignature(stringToSign: string, accessKeySecret: string): string {
  return createHmac('sha1', accessKeySecret).update(stringToSign, 'utf8').digest('base64')
}

function canonicalResource(url: string): string {
  const queryStart = url.indexOf('?')
  if (queryStart < 0) return url
  const pairs = [...new URLSearchParams(url.slice(queryStart + 1))]
  const sorted = pairs.sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0))
  const path = url.slice(0, queryStart)
  return sorted.length === 0 ? path : `${path}?${sorted.map(([name, value]) => `${name}=${value}`).join('&')}`
}

/** Takes the same time wherever the two differ. */
function isSameSignature(given: string, expected: string): boolean {
  const left = Buffer.from(given, 'base64')
  const right = Buffer.from(expected, 'base64')
  return left.length === right.length && timingSafeEqual(left, right)
}

/** Judged after the signature, so that nobody without a key can fill the ledger. */
function checkFreshness(
  headers: IncomingHttpHeaders,
  keyId: string,
  nowMs: number,
  ledger: NonceLedger,
): AppError | undefined {
  const datedMs = Date.parse(headers.date ?? '')
  if (Number.isNaN(datedMs)) return mismatch('a signed request needs a date header')
  const skewMs = Math.abs(nowMs - datedMs)
  if (skewMs > signatureSkewMsMax) return expired(skewMs)
  const nonce = headers['x-acs-signature-nonce']
  if (typeof nonce !== 'string' || nonce === '' || nonce.length > nonceLengthMax) {
    return mismatch(`a signed request needs x-acs-signature-nonce, at most ${nonceLengthMax} characters`)
  }
  switch (ledger.take(`${keyId}:${nonce}`, datedMs, nowMs)) {
    case 'fresh':
      return undefined
    case 'stale':
      return expired(skewMs)
    case 'used':
      return new AppError(
        'auth.nonce-used',
        'a request with this x-acs-signature-nonce came before: sign each request with a new one',
        retryNever,
      )
  }
}

function mismatch(message: string): AppError {
  return new AppError('auth.signature-mismatch', message, retryNever)
}

function expired(skewMs: number): AppError {
  const skewSeconds = Math.round(skewMs / 1_000)
  return new AppError(
    'auth.signature-expired',
    `the date of the request is ${skewSeconds} s away from the clock of the server, at most ${signatureSkewMsMax / 1_000} s are allowed and fewer under very high load`,
    retryNever,
    { details: { limit: signatureSkewMsMax, seen: skewMs } },
  )
}
