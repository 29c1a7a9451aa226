import type { CorsSpec } from '../../resources/index.ts'
import type { HeaderMap } from './headers.ts'

/** What of a request decides about other origins. */
export interface CorsRequest {
  readonly method: string
  readonly origin: string | undefined
  /** `Access-Control-Request-Method`: present in a preflight. */
  readonly wantedMethod: string | undefined
  /** `Access-Control-Request-Headers`. */
  readonly wantedHeaders: string | undefined
}

/** The gateway's own answer to a preflight. */
export interface PreflightAnswer {
  readonly status: number
  readonly headers: HeaderMap
}

const exposedAlways = 'Date,x-fc-request-id,x-millrace-request-id'

export function isPreflight({ method, origin, wantedMethod }: CorsRequest): boolean {
  return method === 'OPTIONS' && origin !== undefined && wantedMethod !== undefined
}

/**
 * The answer to a preflight that the function never sees; `undefined` when it is to be handled like any request
 * (function-compute section 8.2). With rules: 204 when origin, method and headers fit them. Without: 200, unless the
 * trigger takes OPTIONS, so that the function answers itself.
 */
export function preflightAnswer(
  cors: CorsSpec | undefined,
  request: CorsRequest,
  methods: readonly string[],
): PreflightAnswer | undefined {
  if (!isPreflight(request)) return undefined
  const wanted = request.wantedMethod as string
  if (cors === undefined) {
    if (methods.includes('OPTIONS')) return undefined
    return {
      status: 200,
      headers: {
        ...defaultHeaders(request.origin as string),
        'access-control-allow-methods': methods.join(','),
        ...(request.wantedHeaders === undefined
          ? {}
          : { 'access-control-allow-headers': request.wantedHeaders }),
      },
    }
  }
  const allowed = cors.methods.length === 0 ? methods : cors.methods
  const origin = originHeaders(cors, request.origin as string)
  if (origin === undefined || !allowed.includes(wanted)) return undefined
  const names = headerNames(request.wantedHeaders)
  if (!names.every(name => isHeaderAllowed(cors, name))) return undefined
  return {
    status: 204,
    headers: {
      ...origin,
      'access-control-allow-methods': allowed.join(','),
      ...(names.length === 0 ? {} : { 'access-control-allow-headers': names.join(',') }),
      'access-control-max-age': String(cors.maxAgeSeconds),
    },
  }
}

/**
 * Headers of a function's answer with those that let other origins read it. Without rules the function's own win; with
 * rules those of the rules do, and what the function exposes is added to what they expose.
 */
export function withCorsHeaders(
  cors: CorsSpec | undefined,
  origin: string | undefined,
  headers: HeaderMap,
): HeaderMap {
  if (origin === undefined) return headers
  if (cors === undefined) {
    return headers['access-control-allow-origin'] === undefined
      ? { ...defaultHeaders(origin), ...headers }
      : headers
  }
  const allowed = originHeaders(cors, origin)
  if (allowed === undefined) return headers
  const exposed = [exposedAlways, ...cors.exposed, headers['access-control-expose-headers'] ?? []].flat()
  return { ...headers, ...allowed, 'access-control-expose-headers': exposed.join(',') }
}

function defaultHeaders(origin: string): HeaderMap {
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': exposedAlways,
    vary: 'Origin',
  }
}

/** `undefined` when the origin is none of the rules'. `*` never goes with credentials: anybody could use them. */
function originHeaders(cors: CorsSpec, origin: string): HeaderMap | undefined {
  const isNamed = cors.origins.some(
    allowed => allowed === origin || (schemeOnly.has(allowed) && origin.startsWith(allowed.slice(0, -1))),
  )
  if (isNamed) {
    return {
      'access-control-allow-origin': origin,
      ...(cors.credentials ? { 'access-control-allow-credentials': 'true' } : {}),
      vary: 'Origin',
    }
  }
  return cors.origins.includes('*') ? { 'access-control-allow-origin': '*' } : undefined
}

const schemeOnly: ReadonlySet<string> = new Set(['https://*', 'http://*'])

function headerNames(list: string | undefined): string[] {
  return (list ?? '')
    .split(',')
    .map(name => name.trim().toLowerCase())
    .filter(name => name !== '')
}

function isHeaderAllowed(cors: CorsSpec, name: string): boolean {
  return cors.headers.some(allowed => allowed === '*' || allowed.toLowerCase() === name)
}
