import type { RawHeaders } from '../../functions/index.ts'
import { withoutCookies } from './cookies.ts'
import { triggerError } from './errors.ts'
import type { TokenPosition } from './token-lookup.ts'

/** Where one claim of a token goes. */
export interface ClaimPassing {
  readonly position: TokenPosition
  readonly claim: string
  /** Name at the position. */
  readonly target: string
}

/** A claim on its way; `undefined` when the token has none: then whatever the client sent at its place is taken away. */
export interface PassedClaim {
  readonly position: TokenPosition
  readonly target: string
  readonly value: string | undefined
}

/** The parts of a request that claims go into. */
export interface ClaimedRequest {
  readonly rawHeaders: RawHeaders
  readonly query: string
  readonly body: Uint8Array
}

/** Parses `position:claim:target,…` (function-compute section 8.2). Throws `trigger.auth-invalid`. */
export function parseClaims(text: string): ClaimPassing[] {
  if (text.trim() === '') return []
  return text.split(',').map(part => {
    const [position = '', claim = '', target = ''] = part.trim().split(':')
    const isName = position === 'header' || position === 'cookie' ? token.test(target) : target !== ''
    if (!positions.has(position) || claim === '' || !isName) {
      throw triggerError('trigger.auth-invalid', `claims cannot be passed on by '${part.slice(0, 100)}'`)
    }
    return { position: position as TokenPosition, claim, target }
  })
}

const positions: ReadonlySet<string> = new Set(['header', 'cookie', 'query', 'form'])
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

export function claimsToPass(
  passing: readonly ClaimPassing[],
  payload: Readonly<Record<string, unknown>>,
): PassedClaim[] {
  return passing.map(({ position, claim, target }) => {
    const value = Object.hasOwn(payload, claim) ? payload[claim] : undefined
    return { position, target, value: value === undefined ? undefined : claimText(value) }
  })
}

/** Texts as they are, everything else as JSON. */
function claimText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/**
 * Puts the claims into the request. What the client sent at the same places is taken away first, so that code can
 * trust what it finds there. `isForm`: the body is form fields.
 */
export function passClaims<Request extends ClaimedRequest>(
  request: Request,
  claims: readonly PassedClaim[],
  isForm: boolean,
): Request {
  const at = (position: TokenPosition): PassedClaim[] => claims.filter(claim => claim.position === position)
  const query = at('query')
  const form = isForm ? at('form') : []
  const body = Buffer.from(request.body)
  return {
    ...request,
    rawHeaders: withClaimHeaders(request.rawHeaders, at('header'), at('cookie'), form.length > 0),
    query: query.length === 0 ? request.query : withFields(request.query, query),
    body: form.length === 0 ? request.body : Buffer.from(withFields(body.toString('utf8'), form)),
  }
}

function withClaimHeaders(
  rawHeaders: RawHeaders,
  claims: readonly PassedClaim[],
  cookies: readonly PassedClaim[],
  isBodyChanged: boolean,
): RawHeaders {
  const replaced = new Set(claims.map(({ target }) => target.toLowerCase()))
  if (cookies.length > 0) replaced.add('cookie')
  if (isBodyChanged) replaced.add('content-length')
  const headers: string[] = []
  let cookie = ''
  const cookieNames = new Set(cookies.map(({ target }) => target))
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string
    const value = rawHeaders[index + 1] as string
    if (!replaced.has(name.toLowerCase())) headers.push(name, value)
    else if (name.toLowerCase() === 'cookie') cookie = withoutCookies(`${cookie};${value}`, cookieNames)
  }
  for (const { target, value } of claims) if (value !== undefined) headers.push(target, headerSafe(value))
  if (cookies.length === 0) return headers
  const added = cookies.flatMap(({ target, value }) =>
    value === undefined ? [] : [`${target}=${encodeURIComponent(value.toWellFormed())}`],
  )
  const joined = [cookie, ...added].filter(part => part !== '').join('; ')
  return joined === '' ? headers : [...headers, 'cookie', joined]
}

/** Percent-encoded where a header could not hold it. */
function headerSafe(value: string): string {
  return /^[\x20-\x7e]*$/.test(value) ? value : encodeURIComponent(value.toWellFormed())
}

function withFields(text: string, claims: readonly PassedClaim[]): string {
  const fields = new URLSearchParams(text)
  for (const { target } of claims) fields.delete(target)
  for (const { target, value } of claims) if (value !== undefined) fields.append(target, value)
  return fields.toString()
}
