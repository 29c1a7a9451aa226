import { Type, type Static } from 'typebox'
import type { DomainSpec } from '../../../resources/index.ts'
import { isObject } from '../call.ts'
import { invalidArgument } from '../refusal.ts'
import { foreignOf, picked, withForeign } from './foreign.ts'
import { corsSpecOf, httpAuthOf } from './http-auth.ts'

const Rules = Type.Optional(
  Type.Array(
    Type.Object({
      match: Type.String({ minLength: 1, maxLength: 256 }),
      replacement: Type.String({ maxLength: 256 }),
    }),
    { maxItems: 20 },
  ),
)

const Route = Type.Object({
  path: Type.String({ minLength: 1, maxLength: 2_048 }),
  serviceName: Type.Optional(Type.String({ maxLength: 128 })),
  functionName: Type.String({ minLength: 1, maxLength: 257 }),
  qualifier: Type.Optional(Type.String({ maxLength: 128 })),
  methods: Type.Optional(Type.Array(Type.String({ maxLength: 16 }), { maxItems: 10 })),
  rewriteConfig: Type.Optional(Type.Object({ equalRules: Rules, wildcardRules: Rules, regexRules: Rules })),
})
export type RouteInput = Static<typeof Route>

const Settings = () => Type.Optional(Type.Record(Type.String(), Type.Unknown()))

/** All but the name, which only a new domain is told. */
export const domainFields = {
  protocol: Type.Optional(
    Type.Union(['HTTP', 'HTTPS', 'HTTP,HTTPS'].map(protocol => Type.Literal(protocol))),
  ),
  routeConfig: Type.Optional(Type.Object({ routes: Type.Optional(Type.Array(Route, { maxItems: 200 })) })),
  authConfig: Type.Optional(
    Type.Object({
      authType: Type.Optional(Type.String({ maxLength: 64 })),
      authInfo: Type.Optional(Type.String({ maxLength: 32_768 })),
    }),
  ),
  corsConfig: Settings(),
  certConfig: Settings(),
  tlsConfig: Settings(),
  wafConfig: Settings(),
}
const DomainInput = Type.Object(domainFields)
export type DomainInput = Static<typeof DomainInput>

/** What is given back as it was written; without effect, but for routes, ways to be let in and other pages. */
const keptSettings = ['protocol', 'certConfig', 'tlsConfig', 'wafConfig', 'authConfig', 'corsConfig'] as const

/** Name and qualifier of a route's function here. */
export type RouteTarget = (
  route: RouteInput,
) => Promise<{ readonly function: string; readonly qualifier: string | undefined }>

/** The domain with what the input says; what it leaves out stays as it was. */
export async function domainSpecOf(
  input: DomainInput,
  base: DomainSpec,
  targetOf: RouteTarget,
): Promise<DomainSpec> {
  const { authConfig, corsConfig, routeConfig } = input
  const given = keptOf(input)
  const { auth: baseAuth, cors: baseCors } = base
  const auth = authConfig === undefined ? baseAuth : domainAuthOf(authConfig)
  const cors = corsConfig === undefined ? baseCors : corsSpecOf(corsConfig)
  const routes = routeConfig?.routes
  return {
    routes:
      routes === undefined ? base.routes : await Promise.all(routes.map(route => routeOf(route, targetOf))),
    ...(auth === undefined ? {} : { auth }),
    ...(cors === undefined ? {} : { cors }),
    ...withForeign(base.foreign, {
      ...foreignOf(base.foreign),
      ...given,
      ...(routes === undefined ? {} : { routes }),
    }),
  }
}

/** A domain that says nothing of who is let in leaves it to the function's trigger. */
function domainAuthOf({ authType = '', authInfo = '' }: NonNullable<DomainInput['authConfig']>) {
  return authType === '' ? undefined : httpAuthOf(authType, authInfo)
}

async function routeOf(route: RouteInput, targetOf: RouteTarget): Promise<DomainSpec['routes'][number]> {
  const { function: name, qualifier } = await targetOf(route)
  const { path, methods = [], rewriteConfig } = route
  if (!path.startsWith('/'))
    throw invalidArgument(`the path '${path.slice(0, 100)}' does not begin with a slash`)
  return {
    path,
    function: name,
    ...(qualifier === undefined ? {} : { qualifier }),
    methods,
    ...(rewriteConfig === undefined
      ? {}
      : {
          rewrite: {
            equal: rewriteConfig.equalRules ?? [],
            wildcard: rewriteConfig.wildcardRules ?? [],
            regex: rewriteConfig.regexRules ?? [],
          },
        }),
  }
}

/** The settings as they were written. */
export function domainSettings(spec: DomainSpec): Record<string, unknown> {
  const { routes, ...kept } = foreignOf(spec.foreign)
  return {
    protocol: 'HTTP',
    ...kept,
    routeConfig: { routes: isWritten(routes, spec) ? routes : spec.routes.map(shownRoute) },
  }
}

/** Nobody here uses the private key of a certificate, so it is not kept either. */
function keptOf(input: DomainInput): Record<string, unknown> {
  const kept = picked(input, keptSettings)
  if (!isObject(kept['certConfig'])) return kept
  const certificate = Object.entries(kept['certConfig']).filter(([name]) => name !== 'privateKey')
  return { ...kept, certConfig: Object.fromEntries(certificate) }
}

/** Whether the routes are still those that this interface wrote. */
function isWritten(routes: unknown, spec: DomainSpec): boolean {
  if (!Array.isArray(routes) || routes.length !== spec.routes.length) return false
  return spec.routes.every(({ path }, index) => (routes[index] as { path?: unknown }).path === path)
}

function shownRoute({
  path,
  function: functionName,
  qualifier,
  methods,
  rewrite,
}: DomainSpec['routes'][number]) {
  return {
    path,
    functionName,
    ...(qualifier === undefined ? {} : { qualifier }),
    methods,
    ...(rewrite === undefined
      ? {}
      : {
          rewriteConfig: {
            equalRules: rewrite.equal,
            wildcardRules: rewrite.wildcard,
            regexRules: rewrite.regex,
          },
        }),
  }
}
