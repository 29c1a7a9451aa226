import { createHash, createHmac } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { principalOf } from '../authenticator.ts'
import { directoryOf } from '../keys.ts'
import { isSignature, signatureMismatch, type SignatureVerdict, skewRefusal } from './verdict.ts'
import type { SlsOptions } from './sls-v1.ts'

/**
 * Judges requests of the compatible log service that are signed with `SLS4-HMAC-SHA256` (mns-and-sls section 2.3.3): method,
 * path, query, host, type of the body, the headers `x-log-` and `x-acs-`, and the hash of the body in
 * `x-log-content-sha256`, which whoever reads the body must compare.
 */
export interface SlsV4Verifier {
  /** `url` is path and query as they were sent. */
  verify(headers: IncomingHttpHeaders, method: string, url: string): SignatureVerdict
}

export const slsV4Algorithm = 'SLS4-HMAC-SHA256'

/** As RFC 3986 has it; and as one client has it, which leaves marks alone, and all stars but the first. */
const encoders: readonly Encoder[] = [
  value =>
    encodeURIComponent(value).replaceAll(
      /[!'()*]/g,
      character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
    ),
  value => encodeURIComponent(value).replace('*', '%2A'),
]

const authorizationExpression =
  /^SLS4-HMAC-SHA256 Credential=([^/,\s]{1,128})\/(\d{8})\/([A-Za-z0-9-]{1,64})\/sls\/aliyun_v4_request, ?Signature=([0-9a-f]{64})$/
const dateExpression = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/

export function createSlsV4Verifier({ credentials, clock }: SlsOptions): SlsV4Verifier {
  const keys = directoryOf(credentials)
  return {
    verify(headers, method, url) {
      const [, keyId = '', day = '', region = '', given = ''] =
        authorizationExpression.exec(headers.authorization ?? '') ?? []
      const { key, refusal } = keys.find(keyId, text(headers, 'x-acs-security-token'))
      const dated = text(headers, 'x-log-date')
      const scope = `${day}/${region}/sls/aliyun_v4_request`
      const secret = signingKey(key.accessKeySecret, day, region)
      const isRight = encoders.some(encode => {
        const hash = sha256(slsV4CanonicalRequest(method, headers, url, encode))
        const expected = slsV4Signature(`${slsV4Algorithm}\n${dated}\n${scope}\n${hash}`, secret)
        return isSignature(given, expected, 'hex')
      })
      if (refusal !== undefined) return refusal
      if (!isRight || !dated.startsWith(day)) return signatureMismatch()
      const datedMs = Date.parse(dated.replace(dateExpression, '$1-$2-$3T$4:$5:$6Z'))
      if (Number.isNaN(datedMs)) return signatureMismatch()
      return skewRefusal(datedMs, clock.nowMs()) ?? principalOf(key)
    },
  }
}

type Encoder = (value: string) => string

/** What the hash in the signed text is of. */
function slsV4CanonicalRequest(
  method: string,
  headers: IncomingHttpHeaders,
  url: string,
  encode: Encoder,
): string {
  const names = Object.keys(headers).filter(isSigned).toSorted()
  const lines = names.map(name => `${name}:${text(headers, name).trim()}\n`).join('')
  const [path = '', ...rest] = url.split('?')
  const query = [...new URLSearchParams(rest.join('?'))]
    .map(([key, value]) => (value === '' ? key : `${key}=${encode(value)}`))
    .toSorted()
    .join('&')
  return [method, path, query, lines, names.join(';'), text(headers, 'x-log-content-sha256')].join('\n')
}

function isSigned(name: string): boolean {
  return name === 'host' || name === 'content-type' || name.startsWith('x-log-') || name.startsWith('x-acs-')
}

function slsV4Signature(stringToSign: string, key: Buffer): string {
  return createHmac('sha256', key).update(stringToSign, 'utf8').digest('hex')
}

function signingKey(secret: string, day: string, region: string): Buffer {
  let key: Buffer = Buffer.from(`aliyun_v4${secret}`)
  for (const part of [day, region, 'sls', 'aliyun_v4_request']) {
    key = createHmac('sha256', key).update(part, 'utf8').digest()
  }
  return key
}

function sha256(value: string): string {
  return createHash('sha256').update(value, 'utf8').digest('hex')
}

function text(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name]
  return value === undefined ? '' : String(value)
}
