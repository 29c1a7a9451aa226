import { isIP } from 'node:net'
import { parameterInvalid } from './refusal.ts'

/** The project of requests whose host names none. It need not be made. */
export const defaultProject = 'default'

/** Where a request goes. */
export interface RequestTarget {
  /** Path and query as they were sent, which is what is signed. */
  readonly text: string
  /** Parts of the path, decoded; none for `/`. */
  readonly path: readonly string[]
  readonly query: URLSearchParams
  /** Named by the host; `undefined` for a host that is an address or has one word only. */
  readonly project: string | undefined
}

/** Reads a request target and the host. Programs behind a proxy setting send the whole URL. */
export function parseTarget(url: string, host: string): RequestTarget {
  const text = url.replace(/^https?:\/\/[^/?#]*/i, '')
  const [path = '', ...rest] = text.split('?')
  const parts = path.split('/').slice(1)
  if (parts.at(-1) === '') parts.pop()
  return {
    text,
    path: parts.map(decoded),
    query: new URLSearchParams(rest.join('?')),
    project: projectOf(host),
  }
}

/** A host is the project's name before the address of the service (section 2.1), whatever that address is. */
function projectOf(host: string): string | undefined {
  const name = host.replace(/:\d+$/, '')
  const first = name.indexOf('.')
  if (first <= 0 || isIP(name) !== 0 || name.startsWith('[')) return undefined
  return name.slice(0, first).toLowerCase()
}

/** A whole number of the query. Throws `ParameterInvalid`. */
export function wholeNumber(
  query: URLSearchParams,
  name: string,
  { low, high, otherwise }: { readonly low: number; readonly high: number; readonly otherwise?: number },
): number {
  const text = query.get(name) ?? ''
  if (text === '' && otherwise !== undefined) return otherwise
  const value = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (value >= low && value <= high) return value
  throw parameterInvalid(`${name} is a whole number from ${low} to ${high}`)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
