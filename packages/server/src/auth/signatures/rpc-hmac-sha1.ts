import { createHmac } from 'node:crypto'
import { AppError, type Clock, retryNever } from '@millrace/spi'
import { principalOf } from '../authenticator.ts'
import { unauthenticated } from '../errors.ts'
import { directoryOf, type Keys } from '../keys.ts'
import { NonceLedger } from './nonce-ledger.ts'
import {
  isSignature,
  requestSkewMsMax,
  signatureMismatch,
  type SignatureVerdict,
  skewRefusal,
} from './verdict.ts'

export interface RpcSignatureOptions {
  readonly credentials: Keys
  readonly clock: Clock
}

/**
 * Judges requests of the RPC style as older clients sign them: HMAC-SHA1 over the method and all parameters, which are in the query, a form or
 * both (identity section 4.4). A nonce counts once. The host is not signed, and the headers are not either.
 */
export interface RpcSignatureVerifier {
  /** `parameters`: decoded, those of query and form together. */
  verify(method: string, parameters: ReadonlyMap<string, string>): SignatureVerdict
}

export function createRpcSignatureVerifier({
  credentials,
  clock,
}: RpcSignatureOptions): RpcSignatureVerifier {
  const keys = directoryOf(credentials)
  const ledger = new NonceLedger({ skewMsMax: requestSkewMsMax })
  return {
    verify(method, parameters) {
      const given = (name: string): string => parameters.get(name) ?? ''
      if (given('AccessKeyId') === '') return unauthenticated()
      const { key, refusal: refused } = keys.find(given('AccessKeyId'), given('SecurityToken'))
      const expected = rpcSignature(rpcStringToSign(method, parameters), key.accessKeySecret)
      const isRight = isSignature(given('Signature'), expected, 'base64')
      if (refused !== undefined) return refused
      if (!isRight || given('SignatureMethod') !== 'HMAC-SHA1' || given('SignatureVersion') !== '1.0') {
        return signatureMismatch()
      }
      const refusal = freshness(given, clock.nowMs(), ledger)
      return refusal ?? principalOf(key)
    },
  }
}

/** The text that is signed: the method, the path, which is always the same, and the parameters but the signature, by name. */
export function rpcStringToSign(method: string, parameters: ReadonlyMap<string, string>): string {
  const query = [...parameters]
    .filter(([name]) => name !== 'Signature')
    .map(([name, value]) => [encoded(name), encoded(value)] as const)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(pair => pair.join('='))
    .join('&')
  return `${method}&${encoded('/')}&${encoded(query)}`
}

/** Base64 of HMAC-SHA1; the secret has an ampersand behind it. */
export function rpcSignature(stringToSign: string, accessKeySecret: string): string {
  return createHmac('sha1', `${accessKeySecret}&`).update(stringToSign, 'utf8').digest('base64')
}

/** All but letters, digits and `-_.~` (RFC 3986). */
function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    one => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

const nonceLengthMax = 128

/** Judged after the signature, so that nobody without a key can fill the ledger. */
function freshness(
  given: (name: string) => string,
  nowMs: number,
  ledger: NonceLedger,
): AppError | undefined {
  const timestamp = given('Timestamp')
  const datedMs = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(timestamp) ? Date.parse(timestamp) : Number.NaN
  const nonce = given('SignatureNonce')
  if (Number.isNaN(datedMs) || nonce === '' || nonce.length > nonceLengthMax) return signatureMismatch()
  const skew = skewRefusal(datedMs, nowMs)
  if (skew !== undefined) return skew
  if (ledger.take(`${given('AccessKeyId')}:${nonce}`, datedMs, nowMs) === 'fresh') return undefined
  return new AppError(
    'auth.nonce-used',
    'a request with this SignatureNonce came before: sign each request with a new one',
    retryNever,
  )
}
