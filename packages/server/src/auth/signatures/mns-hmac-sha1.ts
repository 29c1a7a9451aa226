import { createHmac } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { AppError, type Clock } from '@millrace/spi'
import { principalOf } from '../authenticator.ts'
import { directoryOf, type Keys } from '../keys.ts'
import { isSignature, signatureMismatch, type SignatureVerdict, skewRefusal } from './verdict.ts'

export interface MnsOptions {
  readonly credentials: Keys
  readonly clock: Clock
}

/**
 * Judges requests of the compatible queue interface: `Authorization: MNS <key>:<signature>`, HMAC-SHA1 over method, MD5 and
 * type of the body, date, the `x-mns-` headers and the request target (mns-and-sls section 1.3). There is no nonce: a
 * request can be repeated until its date is too old. The host is not signed.
 */
export interface MnsVerifier {
  /** `target` is path and query exactly as they were sent. */
  verify(headers: IncomingHttpHeaders, method: string, target: string): SignatureVerdict
}

export function createMnsVerifier({ credentials, clock }: MnsOptions): MnsVerifier {
  const keys = directoryOf(credentials)
  return {
    verify(headers, method, target) {
      const [, keyId = '', given = ''] = mnsAuthorization.exec(headers.authorization ?? '') ?? []
      const { key, refusal: refused } = keys.find(keyId, text(headers, 'security-token'))
      const expected = mnsSignature(mnsStringToSign(method, headers, target), key.accessKeySecret)
      if (refused !== undefined) return refused
      if (!isSignature(given, expected, 'base64')) return signatureMismatch()
      const datedMs = Date.parse(mnsDate(headers))
      if (Number.isNaN(datedMs)) return signatureMismatch()
      const refusal: AppError | undefined = skewRefusal(datedMs, clock.nowMs())
      return refusal ?? principalOf(key)
    },
  }
}

/** One space, one colon. */
export const mnsAuthorization = /^MNS ([^:\s]{1,128}):([A-Za-z0-9+/=]{1,64})$/

/** The date that is signed: `x-mns-date` stands in where a program cannot set `Date`. */
export function mnsDate(headers: IncomingHttpHeaders): string {
  return headers.date ?? text(headers, 'x-mns-date')
}

/** The text that is signed. */
export function mnsStringToSign(method: string, headers: IncomingHttpHeaders, target: string): string {
  const lines = Object.keys(headers)
    .filter(name => name.startsWith('x-mns-'))
    .toSorted()
    .map(name => `${name}:${text(headers, name)}\n`)
    .join('')
  const head = [method, text(headers, 'content-md5'), text(headers, 'content-type'), mnsDate(headers)]
  return `${head.join('\n')}\n${lines}${target}`
}

/** Base64 of HMAC-SHA1. */
export function mnsSignature(stringToSign: string, accessKeySecret: string): string {
  return createHmac('sha1', accessKeySecret).update(stringToSign, 'utf8').digest('base64')
}

function text(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name]
  return value === undefined ? '' : String(value)
}
