import type { Clock } from '@millrace/spi'
import type { CryptoKey, JWK, JWTPayload } from 'jose'
import type { HttpAuthSpec } from '../../resources/index.ts'
import { triggerError, unauthenticatedAtTrigger } from './errors.ts'
import type { Guard, Passage } from './guard.ts'
import { claimsToPass, parseClaims } from './passed-claims.ts'
import { findToken, parseLookup } from './token-lookup.ts'

type JwtSpec = Extract<HttpAuthSpec, { kind: 'jwt' }>
type Jose = typeof import('jose')

/** Algorithms that a token may be signed with (function-compute section 8.2); `none` is not among them. */
const algorithms = [
  ...['RS', 'PS', 'ES', 'HS'].flatMap(family => ['256', '384', '512'].map(bits => family + bits)),
  'EdDSA',
]

/** Longest token that is looked at. */
const tokenLengthMax = 8_192

/**
 * Wants a token that one of the keys has signed, that is valid now, and passes its claims on. A token with a key id needs
 * the key of that id; one without, and one whose id no key has, the key that has none. A single key needs no id.
 */
export function jwtGuard(spec: JwtSpec, clock: Clock): Guard {
  const places = parseLookup(spec.lookup)
  const passing = parseClaims(spec.claims)
  const keys = new Keys(spec.jwks.keys)
  const isChecked = pathChecker(spec)
  // The library is loaded by the first request that needs it.
  let jose: Promise<Jose> | undefined
  return async request => {
    if (!isChecked(request.path)) return { claims: claimsToPass(passing, {}) }
    const token = await findToken(places, request)
    if (token === undefined) throw unauthenticatedAtTrigger('the jwt token is missing', 'Bearer')
    const payload = await verify(await (jose ??= import('jose')), token, keys, clock.nowMs())
    const passage: Passage = { claims: claimsToPass(passing, payload) }
    return passage
  }
}

/** Throws `trigger.auth-invalid` for settings that no token could be judged by. */
export function checkJwtSpec(spec: JwtSpec): void {
  parseLookup(spec.lookup)
  parseClaims(spec.claims)
  checkKeys(spec.jwks.keys)
}

async function verify(jose: Jose, token: string, keys: Keys, nowMs: number): Promise<JWTPayload> {
  try {
    if (token.length > tokenLengthMax) throw new RangeError('the token is too long')
    const { payload } = await jose.jwtVerify(token, header => keys.of(jose, header.kid, header.alg), {
      algorithms,
      currentDate: new Date(nowMs),
    })
    return payload
  } catch {
    // The cause would tell what of the token was right.
    throw unauthenticatedAtTrigger('invalid or expired jwt', 'Bearer error="invalid_token"')
  }
}

/** The keys, each made ready once for each algorithm that it is asked for. */
class Keys {
  readonly #keys: readonly JWK[]
  readonly #ready = new Map<JWK, Map<string, Promise<CryptoKey | Uint8Array>>>()

  constructor(keys: readonly JWK[]) {
    checkKeys(keys)
    this.#keys = keys
  }

  async of(jose: Jose, id: string | undefined, algorithm: string): Promise<CryptoKey | Uint8Array> {
    const named = id === undefined ? undefined : this.#keys.find(key => key.kid === id)
    const only = this.#keys.length === 1 && id === undefined ? this.#keys[0] : undefined
    const key = named ?? this.#keys.find(candidate => candidate.kid === undefined) ?? only
    if (key === undefined) throw new RangeError('no key fits the token')
    const fits = key.kty === keyTypes[algorithm.slice(0, 2)] && (key.alg ?? algorithm) === algorithm
    if (!fits) throw new RangeError('the key is not for this algorithm')
    let ready = this.#ready.get(key)
    if (ready === undefined) this.#ready.set(key, (ready = new Map()))
    let imported = ready.get(algorithm)
    if (imported === undefined) ready.set(algorithm, (imported = jose.importJWK(key, algorithm)))
    return await imported
  }
}

function checkKeys(keys: readonly JWK[]): void {
  if (keys.filter(key => key.kid === undefined).length > 1) {
    throw triggerError('trigger.auth-invalid', 'at most one key may have no kid')
  }
}

/** What kind of key an algorithm takes: a public key is never taken for the secret of an HMAC. */
const keyTypes: Readonly<Record<string, string>> = { RS: 'RSA', PS: 'RSA', ES: 'EC', HS: 'oct', Ed: 'OKP' }

/** Which paths need a token: those of `only`, or all but those of `except`, or all. */
function pathChecker({ only, except }: JwtSpec): (path: string) => boolean {
  if (only !== undefined && only.length > 0) return path => isListed(only, path)
  if (except !== undefined && except.length > 0) return path => !isListed(except, path)
  return () => true
}

/** Several slashes count as one, because code takes them so. */
function isListed(list: readonly string[], given: string): boolean {
  const path = given.replaceAll(/\/{2,}/g, '/')
  return list.some(one => (one.endsWith('*') ? path.startsWith(one.slice(0, -1)) : path === one))
}
