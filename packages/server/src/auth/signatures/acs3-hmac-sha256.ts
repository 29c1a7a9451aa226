import { createHmac, hash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { AppError, type Clock, retryNever } from '@millrace/spi'
import { principalOf } from '../authenticator.ts'
import { directoryOf, type Keys } from '../keys.ts'
import { canonicalPaths, canonicalQueries } from './acs3-canonical.ts'
import { NonceLedger } from './nonce-ledger.ts'
import {
  headerText as oneHeader,
  isSignature,
  requestSkewMsMax,
  signatureMismatch,
  type SignatureVerdict,
  skewRefusal,
} from './verdict.ts'

/** The algorithm's name, which begins `Authorization`. */
export const acs3Algorithm = 'ACS3-HMAC-SHA256'

/**
 * `api`: requests of the official clients, which sign host, date, nonce and the hash of the body. `trigger`: requests to
 * an HTTP trigger, which may sign as little as the date (function-compute section 2.4, step 8).
 */
export type Acs3Variant = 'api' | 'trigger'

export interface Acs3Options {
  readonly credentials: Keys
  readonly clock: Clock
  /** Default that of the ledger. */
  readonly noncesMax?: number
}

/** Judges requests that are signed with ACS3-HMAC-SHA256. */
export interface Acs3Verifier {
  /** Whether the request presents such a signature, right or wrong. */
  claims(headers: IncomingHttpHeaders): boolean
  /**
   * `url` is path and query as they were sent. A nonce counts once; a request without one (variant `trigger` only) can
   * be repeated until its date is too old. Of a body only the hash is judged here: whoever reads it must compare.
   */
  verify(headers: IncomingHttpHeaders, method: string, url: string, variant: Acs3Variant): SignatureVerdict
}

export function createAcs3Verifier(options: Acs3Options): Acs3Verifier {
  const { clock } = options
  const keys = directoryOf(options.credentials)
  const ledger = new NonceLedger({
    skewMsMax: requestSkewMsMax,
    ...(options.noncesMax === undefined ? {} : { noncesMax: options.noncesMax }),
  })
  return {
    claims: headers => headers.authorization?.startsWith(acs3Algorithm) === true,
    verify(headers, method, url, variant) {
      const given = parseAuthorization(headers.authorization ?? '')
      if (given === undefined) return signatureMismatch()
      const { key, refusal: refused } = keys.find(given.keyId, oneHeader(headers['x-acs-security-token']))
      if (!requiredHeaders[variant].every(name => given.signedHeaders.includes(name))) {
        return signatureMismatch()
      }
      const isRight = signedTexts(headers, method, url, variant, given.signedHeaders).some(canonical =>
        isSignature(given.signature, acs3Signature(canonical, key.accessKeySecret), 'hex'),
      )
      if (refused !== undefined) return refused
      if (!isRight) return signatureMismatch()
      const refusal = freshness(headers, given, clock.nowMs(), ledger)
      if (refusal !== undefined) return refusal
      const contentSha256 = headers['x-acs-content-sha256']
      return principalOf(key, typeof contentSha256 === 'string' ? contentSha256 : undefined)
    },
  }
}

/** What must be signed for the request to be bound to this place, time and body. */
const requiredHeaders: Readonly<Record<Acs3Variant, readonly string[]>> = {
  api: ['host', 'x-acs-content-sha256', 'x-acs-date', 'x-acs-signature-nonce'],
  trigger: ['x-acs-date'],
}

interface Authorization {
  readonly keyId: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
}

/** Longest value of `Authorization` that is looked at. */
const authorizationLengthMax = 4_096

function parseAuthorization(text: string): Authorization | undefined {
  if (text.length > authorizationLengthMax) return undefined
  const parts = authorizationExpression.exec(text)
  if (parts === null) return undefined
  const [, keyId = '', names = '', signature = ''] = parts
  return { keyId, signedHeaders: names.toLowerCase().split(';').toSorted(), signature }
}

const authorizationExpression =
  /^ACS3-HMAC-SHA256 +Credential=([^,\s]{1,128}) *, *SignedHeaders=([\w;-]+) *, *Signature=([0-9a-f]{64})$/

/** The canonical requests that the clients of this variant would sign for the same request, the likeliest first. */
function signedTexts(
  headers: IncomingHttpHeaders,
  method: string,
  url: string,
  variant: Acs3Variant,
  signedHeaders: readonly string[],
): string[] {
  const mark = url.indexOf('?')
  const paths = canonicalPaths(mark < 0 ? url : url.slice(0, mark), variant)
  const queries = canonicalQueries(mark < 0 ? '' : url.slice(mark + 1))
  const payloadHash = headers['x-acs-content-sha256'] ?? ''
  const lines = signedHeaders.map(name => `${name}:${headerText(headers[name])}\n`).join('')
  const end = `${lines}\n${signedHeaders.join(';')}\n${String(payloadHash)}`
  return paths.flatMap(path => queries.map(query => `${method}\n${path}\n${query}\n${end}`))
}

function headerText(value: string | readonly string[] | undefined): string {
  if (value === undefined) return ''
  return typeof value === 'string'
    ? value.trim()
    : value
        .map(part => part.trim())
        .toSorted()
        .join(',')
}

/** Lower-case hex of the signature of a canonical request. */
export function acs3Signature(canonicalRequest: string, accessKeySecret: string): string {
  return createHmac('sha256', accessKeySecret).update(acs3StringToSign(canonicalRequest)).digest('hex')
}

export function acs3StringToSign(canonicalRequest: string): string {
  return `${acs3Algorithm}\n${hash('sha256', canonicalRequest)}`
}

/** Judged after the signature, so that nobody without a key can fill the ledger. */
function freshness(
  headers: IncomingHttpHeaders,
  { keyId, signedHeaders }: Authorization,
  nowMs: number,
  ledger: NonceLedger,
): AppError | undefined {
  const datedMs = parseDate(headers['x-acs-date'])
  if (datedMs === undefined) return signatureMismatch()
  const skew = skewRefusal(datedMs, nowMs)
  if (skew !== undefined) return skew
  if (!signedHeaders.includes('x-acs-signature-nonce')) return undefined
  const nonce = headers['x-acs-signature-nonce']
  if (typeof nonce !== 'string' || nonce === '' || nonce.length > nonceLengthMax) return signatureMismatch()
  if (ledger.take(`${keyId}:${nonce}`, datedMs, nowMs) === 'fresh') return undefined
  return new AppError(
    'auth.nonce-used',
    'a request with this x-acs-signature-nonce came before: sign each request with a new one',
    retryNever,
  )
}

const nonceLengthMax = 128

/** UTC as the clients write it: to the second, or with milli- or nanoseconds. */
function parseDate(value: string | readonly string[] | undefined): number | undefined {
  const parts =
    typeof value === 'string'
      ? /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(value.trim())
      : null
  if (parts === null) return undefined
  const milliseconds = (parts[2] ?? '').slice(0, 3).padEnd(3, '0')
  const timeMs = Date.parse(`${parts[1]}.${milliseconds}Z`)
  return Number.isNaN(timeMs) ? undefined : timeMs
}
