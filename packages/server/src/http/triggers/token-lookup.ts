import { parseQuery } from '../../functions/index.ts'
import { cookieValue } from './cookies.ts'
import { triggerError } from './errors.ts'
import type { GuardedRequest } from './guard.ts'

export type TokenPosition = 'header' | 'cookie' | 'query' | 'form'

/** One place where a token may be. */
export interface TokenPlace {
  readonly position: TokenPosition
  /** Of a header in lower case. */
  readonly name: string
  /** To be stripped, such as `Bearer`; a value that does not begin with it is no token. */
  readonly prefix: string
}

/** Parses `position:name[:prefix],…` (function-compute section 8.2). Throws `trigger.auth-invalid`. */
export function parseLookup(text: string): TokenPlace[] {
  return text.split(',').map(part => {
    const [position = '', name = '', prefix = ''] = part.trim().split(':')
    if (!isPosition(position) || name === '') {
      throw triggerError('trigger.auth-invalid', `a token cannot be looked up at '${part.slice(0, 100)}'`)
    }
    return { position, name: position === 'header' ? name.toLowerCase() : name, prefix }
  })
}

function isPosition(text: string): text is TokenPosition {
  return text === 'header' || text === 'cookie' || text === 'query' || text === 'form'
}

/** The first token that is found, in the order of the places. */
export async function findToken(
  places: readonly TokenPlace[],
  request: GuardedRequest,
): Promise<string | undefined> {
  for (const place of places) {
    const token = withoutPrefix(await valueAt(place, request), place.prefix)
    if (token !== undefined) return token
  }
  return undefined
}

async function valueAt(place: TokenPlace, request: GuardedRequest): Promise<string | undefined> {
  switch (place.position) {
    case 'header': {
      const value = request.headers[place.name]
      return typeof value === 'string' ? value : undefined
    }
    case 'cookie':
      return cookieValue(request.headers.cookie, place.name)
    case 'query':
      return parseQuery(request.query).find(([name]) => name === place.name)?.[1]
    case 'form':
      return (await request.form())?.get(place.name) ?? undefined
  }
}

function withoutPrefix(value: string | undefined, prefix: string): string | undefined {
  if (value === undefined || value === '') return undefined
  if (prefix === '') return value.trim()
  const hasPrefix = value.slice(0, prefix.length).toLowerCase() === prefix.toLowerCase()
  const rest = value.slice(prefix.length)
  return hasPrefix && /^\s+\S/.test(rest) ? rest.trim() : undefined
}
