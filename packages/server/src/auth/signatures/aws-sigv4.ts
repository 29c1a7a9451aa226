import { createHmac, hash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { AppError, type Clock, retryNever } from '@millrace/spi'
import { type Principal, principalOf } from '../authenticator.ts'
import { directoryOf, type Keys } from '../keys.ts'
import { awsCanonicalPath, awsCanonicalQuery, awsHeaderText } from './aws-canonical.ts'
import { SigningKeys } from './aws-signing-keys.ts'
import { headerText, isSignature, signatureMismatch } from './verdict.ts'

/** The algorithm's name, which begins `Authorization`. */
export const awsAlgorithm = 'AWS4-HMAC-SHA256'

/** How far the date of a request may be from the clock of this node, either way, in milliseconds. */
export const awsSkewMsMax = 5 * 60_000

export interface AwsSigV4Options {
  readonly credentials: Keys
  readonly clock: Clock
  /** Names of services that a signature may be made for, such as `events`. */
  readonly services: readonly string[]
}

/** The head of a request that was found to be plausible: complete, and its date near. Not yet a proof that its key exists. */
export interface AwsSignedHead {
  readonly keyId: string
  /** The region in the scope of the signature. */
  readonly region: string
  /** Judges the signature with the body that was read: a refusal, or who sent the request. */
  verify(body: Uint8Array): Principal | AppError
}

/** Judges requests that are signed with AWS Signature Version 4 in `Authorization`. */
export interface AwsSigV4Verifier {
  /**
   * What can be judged before the body is read; `url` is path and query as they were sent. Clients of some languages send
   * no hash of the body, so the signature itself can only be judged with it; and a key that does not count is refused then too,
   * with the same work, so that the time does not tell which keys there are.
   */
  head(headers: IncomingHttpHeaders, method: string, url: string): AwsSignedHead | AppError
}

export function createAwsSigV4Verifier(options: AwsSigV4Options): AwsSigV4Verifier {
  const { clock, services } = options
  const directory = directoryOf(options.credentials)
  const keys = new SigningKeys()
  return {
    head(headers, method, url) {
      const given = parseAuthorization(headers.authorization ?? '')
      if (given instanceof AppError) return given
      const found = directory.find(given.keyId, headerText(headers['x-amz-security-token']))
      const refusal =
        scopeRefusal(given, services) ??
        signedHeadersRefusal(given, headers) ??
        dateRefusal(given, headers, clock.nowMs())
      if (refusal !== undefined) return refusal
      return {
        keyId: given.keyId,
        region: given.region,
        verify: body => {
          const payloadHash = hash('sha256', body)
          const stated = headers['x-amz-content-sha256']
          const isStated = stated === undefined || stated === payloadHash
          const canonical = awsCanonicalRequest(headers, method, url, given.signedHeaders, payloadHash)
          const scope = `${given.date}/${given.region}/${given.service}/aws4_request`
          const text = awsStringToSign(timestampOf(headers)?.text ?? '', scope, canonical)
          const isRight = keys.isRight(found.key, given, key =>
            isSignature(given.signature, createHmac('sha256', key).update(text).digest('hex'), 'hex'),
          )
          if (found.refusal !== undefined) return found.refusal
          return isRight && isStated ? principalOf(found.key, payloadHash) : signatureMismatch()
        },
      }
    },
  }
}

/** The canonical request; `signedHeaders` are lower-case and sorted. */
export function awsCanonicalRequest(
  headers: IncomingHttpHeaders,
  method: string,
  url: string,
  signedHeaders: readonly string[],
  payloadHash: string,
): string {
  const mark = url.indexOf('?')
  const path = awsCanonicalPath(mark < 0 ? url : url.slice(0, mark))
  const query = awsCanonicalQuery(mark < 0 ? '' : url.slice(mark + 1))
  const lines = signedHeaders.map(name => `${name}:${awsHeaderText(headers[name])}\n`).join('')
  return `${method}\n${path}\n${query}\n${lines}\n${signedHeaders.join(';')}\n${payloadHash}`
}

export function awsStringToSign(timestamp: string, scope: string, canonicalRequest: string): string {
  return `${awsAlgorithm}\n${timestamp}\n${scope}\n${hash('sha256', canonicalRequest)}`
}

interface Authorization {
  readonly keyId: string
  readonly date: string
  readonly region: string
  readonly service: string
  readonly terminator: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
}

/** Longest value of `Authorization` that is looked at. */
const authorizationLengthMax = 4_096

/** An upper-case signature is none: no client writes it so. */
const authorizationExpression =
  /^AWS4-HMAC-SHA256 +Credential=([^/,\s]{1,128})\/(\d{8})\/([a-z0-9-]{1,64})\/([a-z0-9-]{1,64})\/([a-z0-9_]{1,32}), *SignedHeaders=([a-z0-9;._-]+), *Signature=([0-9a-f]{64})$/

function parseAuthorization(text: string): Authorization | AppError {
  const parts = text.length > authorizationLengthMax ? null : authorizationExpression.exec(text)
  if (parts === null) {
    return incomplete(
      `Authorization must be ${awsAlgorithm} with Credential=<key>/<date>/<region>/<service>/aws4_request, SignedHeaders and Signature`,
    )
  }
  const [, keyId = '', date = '', region = '', service = '', terminator = '', names = '', signature = ''] =
    parts
  return { keyId, date, region, service, terminator, signedHeaders: names.split(';'), signature }
}

function scopeRefusal(
  { terminator, service }: Authorization,
  services: readonly string[],
): AppError | undefined {
  if (terminator !== 'aws4_request') return incomplete('the scope of Credential must end with aws4_request')
  if (services.includes(service)) return undefined
  return new AppError(
    'auth.signature-mismatch',
    `the signature is for the service ${service}; this one is ${services.join(' or ')}`,
    retryNever,
  )
}

/** Headers that change what a request means; one that is sent and not signed could have been put there by anybody. */
const mustBeSigned = ['x-amz-target', 'x-amz-date', 'x-amz-content-sha256', 'x-amz-security-token']

function signedHeadersRefusal(
  { signedHeaders }: Authorization,
  headers: IncomingHttpHeaders,
): AppError | undefined {
  const sorted = signedHeaders.toSorted((left, right) => (left < right ? -1 : 1))
  if (signedHeaders.join(';') !== sorted.join(';')) return incomplete('SignedHeaders must be sorted')
  if (!signedHeaders.includes('host')) return incomplete('the header host must be signed')
  const unsigned = mustBeSigned.find(name => headers[name] !== undefined && !signedHeaders.includes(name))
  if (unsigned !== undefined) return incomplete(`the header ${unsigned} must be signed`)
  const isDated = signedHeaders.includes('x-amz-date') || signedHeaders.includes('date')
  if (!isDated) return incomplete('the header x-amz-date must be there and signed')
  const missing = signedHeaders.find(name => headers[name] === undefined)
  return missing === undefined ? undefined : incomplete('a header of SignedHeaders is not in the request')
}

function dateRefusal(
  given: Authorization,
  headers: IncomingHttpHeaders,
  nowMs: number,
): AppError | undefined {
  const stamp = timestampOf(headers)
  if (stamp === undefined) return incomplete('x-amz-date must be like 20261123T173000Z')
  if (stamp.text.slice(0, 8) !== given.date) {
    return incomplete('the date in the scope of Credential is not that of x-amz-date')
  }
  const seen = Math.abs(nowMs - stamp.timeMs)
  if (seen <= awsSkewMsMax) return undefined
  const minutes = awsSkewMsMax / 60_000
  const current = compactTime(nowMs)
  const message =
    stamp.timeMs < nowMs
      ? `Signature expired: ${stamp.text} is now earlier than ${compactTime(nowMs - awsSkewMsMax)} (${current} - ${minutes} min.)`
      : `Signature not yet current: ${stamp.text} is still later than ${compactTime(nowMs + awsSkewMsMax)} (${current} + ${minutes} min.)`
  return new AppError('auth.signature-expired', message, retryNever, {
    details: { limit: awsSkewMsMax, seen },
  })
}

/** The time that was signed: of `x-amz-date`, or of `date` where there is no other. */
function timestampOf(headers: IncomingHttpHeaders): { text: string; timeMs: number } | undefined {
  const given = headers['x-amz-date']
  if (given === undefined) {
    const timeMs = Date.parse(headers.date ?? '')
    return Number.isNaN(timeMs) ? undefined : { text: compactTime(timeMs), timeMs }
  }
  const parts =
    typeof given === 'string' ? /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(given.trim()) : null
  if (parts === null) return undefined
  const [text, year, month, day, hour, minute, second] = parts
  const timeMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return Number.isNaN(timeMs) ? undefined : { text, timeMs }
}

function compactTime(timeMs: number): string {
  return new Date(timeMs).toISOString().replaceAll(/[:-]|\.\d{3}/g, '')
}

function incomplete(message: string): AppError {
  return new AppError('auth.signature-incomplete', message, retryNever)
}
