import type { CorsSpec, HttpAuthSpec } from '../../../resources/index.ts'
import { isObject, jsonOf } from '../call.ts'
import { invalidArgument } from '../refusal.ts'
import { Type } from 'typebox'
import { checkedOf } from './checked.ts'

type Members = Readonly<Record<string, unknown>>

/**
 * Who is let in, from the names of this interface (function-compute section 8.2). `config` is the JSON text, or already
 * the object, that the type asks for; its members are known in any case of letters, as older documents spell them.
 */
export function httpAuthOf(authType: string | undefined, config: unknown): HttpAuthSpec {
  switch (authType?.toLowerCase()) {
    case 'anonymous':
      return { kind: 'none' }
    case undefined:
    case '':
    case 'function':
      return { kind: 'signature' }
    case 'bearer':
      return {
        kind: 'bearer',
        tokens: enabled(membersOf(config), 'tokens').map(one => text(one, 'tokendata')),
      }
    case 'basic':
      return {
        kind: 'basic',
        users: Object.fromEntries(
          enabled(membersOf(config), 'users').map(one => [text(one, 'username'), text(one, 'password')]),
        ),
      }
    case 'jwt':
      return jwtOf(membersOf(config))
    default:
      throw invalidArgument(`authType '${authType}' is none of anonymous, function, bearer, basic, jwt`)
  }
}

function jwtOf(members: Members): HttpAuthSpec {
  const jwks = members['jwks']
  if (!isObject(jwks) || !Array.isArray(jwks['keys']))
    throw invalidArgument('authConfig has no jwks with keys')
  const { tokenlookup: lookup, claimpassby: claims, blacklist: only, whitelist: except } = members
  return {
    kind: 'jwt',
    jwks: { keys: jwks['keys'].filter(isObject) },
    lookup: typeof lookup === 'string' && lookup !== '' ? lookup : 'header:Authorization:Bearer',
    claims: typeof claims === 'string' ? claims : '',
    ...(isTexts(only) && only.length > 0 ? { only } : {}),
    ...(isTexts(except) && except.length > 0 ? { except } : {}),
  }
}

function membersOf(config: unknown): Members {
  const value = typeof config === 'string' ? jsonOf(config, 'authConfig') : config
  if (!isObject(value)) throw invalidArgument('authConfig is the JSON text of an object')
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name.toLowerCase(), one]))
}

/** The members of a list that are not switched off. */
function enabled(members: Members, name: string): Members[] {
  const list = members[name]
  if (!Array.isArray(list)) throw invalidArgument(`authConfig has no list of ${name}`)
  return list.map(membersOf).filter(one => one['enable'] !== false)
}

function text(members: Members, name: string): string {
  const value = members[name]
  if (typeof value === 'string' && value !== '') return value
  throw invalidArgument(`an entry of authConfig has no ${name}`)
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(one => typeof one === 'string')
}

const Texts = (maxItems: number) => Type.Optional(Type.Array(Type.String({ maxLength: 256 }), { maxItems }))

export const CorsInput = Type.Object({
  allowOrigins: Texts(100),
  allowMethods: Texts(10),
  allowHeaders: Texts(50),
  exposeHeaders: Texts(50),
  allowCredentials: Type.Optional(Type.Boolean()),
  maxAge: Type.Optional(Type.Integer({ minimum: 0, maximum: 86_400 })),
})
const checkedCors = checkedOf(CorsInput, 'corsConfig')

/** Requests from other pages, from the names of this interface. */
export function corsSpecOf(value: unknown): CorsSpec {
  const input = checkedCors(value)
  return {
    origins: input.allowOrigins ?? ['*'],
    methods: input.allowMethods ?? [],
    headers: input.allowHeaders ?? [],
    exposed: input.exposeHeaders ?? [],
    credentials: input.allowCredentials ?? false,
    maxAgeSeconds: input.maxAge ?? 3_600,
  }
}
