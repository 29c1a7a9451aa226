import { createHmac } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { AppError, type Clock, retryNever } from '@millrace/spi'
import { principalOf } from '../authenticator.ts'
import { directoryOf, type Keys } from '../keys.ts'
import { headerText, isSignature, signatureMismatch, type SignatureVerdict, skewRefusal } from './verdict.ts'

export interface FcNativeOptions {
  readonly credentials: Keys
  readonly clock: Clock
}

/**
 * Judges requests signed as Function Compute 2.0 does, by `Authorization: FC <key>:<signature>` or by parameters of a
 * pre-signed URL (function-compute section 2.9). There is no nonce: a request can be repeated until its date is too
 * old. The body is not protected.
 */
export interface FcNativeVerifier {
  claims(headers: IncomingHttpHeaders, url: string): boolean
  /** `trigger`: a request to an HTTP trigger, whose query is signed wherever it stands. */
  verify(
    headers: IncomingHttpHeaders,
    method: string,
    url: string,
    variant: 'api' | 'trigger',
  ): SignatureVerdict
}

export function createFcNativeVerifier({ credentials, clock }: FcNativeOptions): FcNativeVerifier {
  const keys = directoryOf(credentials)

  function judge(keyId: string, token: string, given: string, texts: readonly string[]): SignatureVerdict {
    const { key, refusal } = keys.find(keyId, token)
    const { accessKeySecret } = key
    const isRight = texts.some(text => isSignature(given, fcSignature(text, accessKeySecret), 'base64'))
    return refusal ?? (isRight ? principalOf(key) : signatureMismatch())
  }

  return {
    claims: (headers, url) =>
      headers.authorization?.startsWith('FC ') === true || presigned.test(queryOf(url)),
    verify(headers, method, url, variant) {
      const { path, pairs } = splitUrl(url)
      if (headers.authorization?.startsWith('FC ') === true) {
        const [, keyId = '', given = ''] = authorizationExpression.exec(headers.authorization) ?? []
        const date = headers.date ?? ''
        const texts = fcResources(path, pairs, variant).map(resource =>
          fcStringToSign(method, headers, date, resource),
        )
        const token = headerText(headers['x-fc-security-token'] ?? headers['x-acs-security-token'])
        const verdict = judge(keyId, token, given, texts)
        if (verdict instanceof AppError) return verdict
        const datedMs = Date.parse(date)
        if (Number.isNaN(datedMs)) return signatureMismatch()
        return skewRefusal(datedMs, clock.nowMs()) ?? verdict
      }
      const parameters = new Map(pairs)
      const expires = parameters.get('x-fc-expires') ?? ''
      const signed = pairs.filter(([name]) => name !== 'x-fc-signature')
      const text = fcStringToSign(method, headers, expires, fcResource(decoded(path), signed))
      const keyId = parameters.get('x-fc-access-key-id') ?? ''
      const token = parameters.get('x-fc-security-token') ?? ''
      const verdict = judge(keyId, token, parameters.get('x-fc-signature') ?? '', [text])
      if (verdict instanceof AppError) return verdict
      return urlExpired(expires, clock.nowMs()) ?? verdict
    },
  }
}

const authorizationExpression = /^FC ([^:\s]{1,128}):([A-Za-z0-9+/=]{1,64})$/
const presigned = /(?:^|&)x-fc-signature=/

/** The text that is signed. `date` is the value of `Date`, or of `x-fc-expires` in a pre-signed URL. */
export function fcStringToSign(
  method: string,
  headers: IncomingHttpHeaders,
  date: string,
  resource: string,
): string {
  const text = (name: string): string => {
    const value = headers[name]
    return value === undefined ? '' : String(value)
  }
  const lines = Object.keys(headers)
    .filter(name => name.startsWith('x-fc-'))
    .toSorted()
    .map(name => `${name}:${text(name)}\n`)
    .join('')
  return `${method}\n${text('content-md5')}\n${text('content-type')}\n${date}\n${lines}${resource}`
}

/** Base64 of HMAC-SHA256. */
export function fcSignature(stringToSign: string, accessKeySecret: string): string {
  return createHmac('sha256', accessKeySecret).update(stringToSign, 'utf8').digest('base64')
}

/** One parameter of a query, decoded; without a value it is signed by its name alone. */
export type FcPair = readonly [name: string, value: string | undefined]

/** A path with its query, for the places where the query is signed. */
export function fcResource(path: string, pairs: readonly FcPair[]): string {
  const lines = pairs.map(([name, value]) => (value === undefined ? name : `${name}=${value}`)).toSorted()
  return `${path}\n${lines.join('\n')}`
}

/** What the clients sign for one URL. The path may have been signed as sent or decoded. */
function fcResources(path: string, pairs: readonly FcPair[], variant: 'api' | 'trigger'): string[] {
  const paths = [...new Set([path, decoded(path)])]
  if (variant === 'api' && !proxyPath.test(path)) return paths
  const withQuery = paths.map(one => fcResource(one, pairs))
  // Without a query nothing is left unsigned by the form that has none.
  return pairs.length === 0 ? [...withQuery, ...paths] : withQuery
}

const proxyPath = /^\/[^/]+\/proxy\//

function urlExpired(expires: string, nowMs: number): AppError | undefined {
  const expiresMs = /^\d{1,12}$/.test(expires) ? Number(expires) * 1_000 : 0
  if (nowMs <= expiresMs) return undefined
  return new AppError('auth.signature-expired', 'the signed URL has expired', retryNever, {
    details: { seen: expires },
  })
}

function splitUrl(url: string): { path: string; pairs: [string, string][] } {
  const query = queryOf(url)
  const mark = url.indexOf('?')
  return { path: mark < 0 ? url : url.slice(0, mark), pairs: [...new URLSearchParams(query)] }
}

function queryOf(url: string): string {
  const mark = url.indexOf('?')
  return mark < 0 ? '' : url.slice(mark + 1)
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
