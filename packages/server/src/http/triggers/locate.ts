import { isIP } from 'node:net'
import {
  decodePath,
  type DomainRoute,
  domainOf,
  hasDotSegments,
  type HttpTrigger,
  routeOf,
} from '../../functions/index.ts'
import {
  busKey,
  type CorsSpec,
  type DomainView,
  type FunctionView,
  type HttpAuthSpec,
  latestVersion,
  type Snapshot,
  type TriggerSpec,
} from '../../resources/index.ts'
import { functionNotFound, triggerError } from './errors.ts'

/** Where the addresses of functions begin. */
export const triggerPathStart = '/fn/'

/** Where clients of the older compatible interface call functions of services: `<service>[.<qualifier>]/<function>/…`. */
export const proxyPathStart = '/2016-08-15/proxy/'

/** A request that is one of a trigger: by its path, or by its host. */
export interface Claim {
  /** Without port, in lower case. */
  readonly host: string
  readonly domain: DomainView | undefined
  /** By the older path, which names no account: whose functions it may mean, the likeliest first. */
  readonly accounts?: readonly string[]
}

/** What a request is for and by which rules it is let through. */
export interface Located {
  readonly view: FunctionView
  readonly qualifier: string
  readonly methods: readonly string[]
  readonly auth: HttpAuthSpec
  readonly cors: CorsSpec | undefined
  readonly route: DomainRoute | undefined
  /** As sent: behind the function and its qualifier, or whole for a domain, not yet rewritten. */
  readonly path: string
  /** Without `?`. */
  readonly query: string
}

/** `undefined` for a request that is the server's own. A domain never stands for an address or a name of the server. */
export function claimOf(
  { domains }: Snapshot,
  ownHosts: ReadonlySet<string>,
  hostHeader: string | undefined,
  url: string,
  accounts: () => readonly string[],
): Claim | undefined {
  if (domains.size > 0) {
    const host = hostOf(hostHeader)
    const domain = isOwn(host, ownHosts) ? undefined : domainOf(domains, host)
    if (domain !== undefined) return { host, domain }
  }
  if (url.startsWith(proxyPathStart)) {
    return { host: hostOf(hostHeader), domain: undefined, accounts: accounts() }
  }
  return url.startsWith(triggerPathStart) ? { host: hostOf(hostHeader), domain: undefined } : undefined
}

function isOwn(host: string, ownHosts: ReadonlySet<string>): boolean {
  return host === '' || ownHosts.has(host) || host.startsWith('[') || isIP(host) !== 0
}

function hostOf(header: string | undefined): string {
  const host = (header ?? '').toLowerCase()
  const colon = host.lastIndexOf(':')
  return colon > host.lastIndexOf(']') ? host.slice(0, colon) : host
}

/** Gives the triggers of a function by qualifier; remembers them, since they are asked for at each request. */
export type TriggersOf = (view: FunctionView) => ReadonlyMap<string, HttpTrigger>

/** Finds function and rules. Throws `trigger.*`, `domain.route-not-found` and `function.not-found`. */
export function locate(claim: Claim, snapshot: Snapshot, triggersOf: TriggersOf, url: string): Located {
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  const query = mark < 0 ? '' : url.slice(mark + 1)
  const decoded = decodePath(path)
  if (!path.startsWith('/') || decoded === undefined || hasDotSegments(decoded)) {
    throw triggerError('trigger.request-invalid', 'the path has broken escapes or segments of dots')
  }
  if (claim.accounts !== undefined) return locateByProxy(claim.accounts, snapshot, path, query)
  return claim.domain === undefined
    ? locateByPath(snapshot, triggersOf, path, query)
    : locateByDomain(claim.domain, snapshot, triggersOf, path, query)
}

function locateByPath(snapshot: Snapshot, triggersOf: TriggersOf, path: string, query: string): Located {
  const [account, rest = ''] = headAndRest(path.slice(triggerPathStart.length))
  const [name, behind = ''] = headAndRest(rest)
  const view = snapshot.functions.get(busKey(account, name))
  if (view === undefined) throw functionNotFound(name)
  const triggers = triggersOf(view)
  const [first, behindFirst = ''] = headAndRest(behind)
  const named = triggers.get(first)
  const trigger = named ?? triggers.get(latestVersion)
  if (trigger === undefined) throw noTrigger(name, latestVersion)
  const { spec } = trigger
  if (!spec.enabled) throw switchedOff()
  return {
    view,
    qualifier: named === undefined ? latestVersion : first,
    methods: spec.methods,
    auth: spec.auth,
    cors: spec.cors,
    route: undefined,
    path: `/${named === undefined ? behind : behindFirst}`,
    query,
  }
}

/** The code sees the whole path (function-compute section 2.9). Qualifiers are those of the service, as the trigger says it. */
function locateByProxy(
  accounts: readonly string[],
  snapshot: Snapshot,
  path: string,
  query: string,
): Located {
  const [target, rest = ''] = headAndRest(path.slice(proxyPathStart.length))
  const [short] = headAndRest(rest)
  const dot = target.indexOf('.')
  const [service, given] = dot < 0 ? [target, ''] : [target.slice(0, dot), target.slice(dot + 1)]
  const qualifier = given === '' ? latestVersion : given
  const name = `${service}.${short}`
  const view = accounts
    .map(account => snapshot.functions.get(busKey(account, name)))
    .find(one => one !== undefined)
  if (view === undefined) throw functionNotFound(short)
  for (const { spec } of view.triggers.values()) {
    if (spec.kind !== 'http' || shownQualifier(spec) !== qualifier) continue
    if (!spec.enabled) throw switchedOff()
    const { methods, auth, cors } = spec
    return {
      view,
      qualifier: spec.qualifier ?? latestVersion,
      methods,
      auth,
      cors,
      route: undefined,
      path,
      query,
    }
  }
  throw triggerError(
    'trigger.not-found',
    `trigger 'http' does not exist in service '${service}' and function '${short}'`,
  )
}

/** What the interface that wrote the trigger calls its qualifier: the version of a service is not that of its function. */
function shownQualifier({ foreign, qualifier = latestVersion }: TriggerSpec): string {
  const kept = foreign?.['fc'] as { qualifier?: unknown } | undefined
  return typeof kept?.qualifier === 'string' ? kept.qualifier : qualifier
}

function switchedOff(): Error {
  return triggerError('trigger.disabled', 'access denied due to function internet URL is disable')
}

/** The trigger of a domain's function must exist; who is let in, and from which pages, the domain may say itself. */
function locateByDomain(
  domain: DomainView,
  snapshot: Snapshot,
  triggersOf: TriggersOf,
  path: string,
  query: string,
): Located {
  const route = routeOf(domain.spec.routes, path)
  if (route === undefined) {
    throw triggerError(
      'domain.route-not-found',
      `no route found in domain '${domain.name}' for path '${path.slice(0, 200)}'`,
    )
  }
  const view = snapshot.functions.get(busKey(domain.account, route.function))
  if (view === undefined) throw functionNotFound(route.function)
  const qualifier = route.qualifier ?? latestVersion
  const trigger = triggersOf(view).get(qualifier)
  if (trigger === undefined) throw noTrigger(route.function, qualifier)
  const { spec } = trigger
  const methods = route.methods.length === 0 ? spec.methods : route.methods
  return {
    view,
    qualifier,
    methods: methods.filter(method => spec.methods.includes(method)),
    auth: domain.spec.auth ?? spec.auth,
    cors: domain.spec.cors ?? spec.cors,
    route,
    path,
    query,
  }
}

function headAndRest(text: string): [head: string, rest: string | undefined] {
  const slash = text.indexOf('/')
  const head = slash < 0 ? text : text.slice(0, slash)
  return [decodePath(head) ?? head, slash < 0 ? undefined : text.slice(slash + 1)]
}

function noTrigger(name: string, qualifier: string): Error {
  return triggerError(
    'trigger.not-found',
    `trigger 'http' does not exist in function '${name}' and qualifier '${qualifier}'`,
  )
}
