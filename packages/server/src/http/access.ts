import type { IncomingHttpHeaders } from 'node:http'
import { assert } from '@millrace/spi'
import type { Access } from '../auth/index.ts'

/** One permission that an operation needs, in the one vocabulary of all interfaces. */
export interface AccessRule {
  /** Such as `eventbridge:PutEvents`. */
  readonly action: string
  /**
   * The end of the resource's ARN with the path's parameters, such as `eventbus/:bus`. It belongs to the service of the action, unless it
   * begins with another one and a colon. `*` is no resource at all.
   */
  readonly resource: string
  /** What of a PUT needs it: whether it makes something or replaces it cannot be told before anyone may know. */
  readonly when?: 'creates' | 'replaces'
}

/**
 * What a route needs. `authenticated`: any key. `inside`: what it needs is in the body, and its handler asks when it has read it.
 */
export type RouteAccess = readonly AccessRule[] | 'authenticated' | 'inside'

/** Under this name the schema of an operation has what it needs, for the document of the API as well. */
export const accessMember = 'x-millrace-access'

export function needs(action: string, resource: string): readonly AccessRule[] {
  return [{ action, resource }]
}

/**
 * What a PUT needs: the permission to create with `If-None-Match: *`, the one to replace with `If-Match`, and both without either.
 * So the answer never depends on what is there.
 */
export function needsToPut(creating: string, replacing: string, resource: string): readonly AccessRule[] {
  return [
    { action: creating, resource, when: 'creates' },
    { action: replacing, resource, when: 'replaces' },
  ]
}

/** Whose resources are meant, and where. */
export interface Place {
  readonly region: string
  readonly account: string
}

/** Services whose resources are in no region. */
const globalServices: ReadonlySet<string> = new Set(['ram', 'sts'])

/** The ARN of a resource by the end of its name, which belongs to the service of the action unless it begins with another one. */
export function arnOf(action: string, resource: string, { region, account }: Place): string {
  if (resource === '*') return resource
  const [, given, relative = ''] = /^(?:([a-z]+):)?([^]*)$/.exec(resource) ?? []
  const service = given ?? action.slice(0, action.indexOf(':'))
  return `acs:${service}:${globalServices.has(service) ? '' : region}:${account}:${relative}`
}

/** The end of a name that a template makes with these parameters. */
export function resourceOf(template: string, params: Readonly<Record<string, string | undefined>>): string {
  return template.replaceAll(parameterExpression, (_all, name: string) => canonical(name, params[name] ?? ''))
}

export function parametersOf(template: string): string[] {
  return [...template.matchAll(parameterExpression)].map(([, name = '']) => name)
}

/** Not the colon behind the name of a service. */
const parameterExpression = /(?<![a-z]):(\w+)/g

/** The name that a resource has here, for those that clients may write in several ways: a policy must not be got round by spelling. */
function canonical(name: string, value: string): string {
  // Function Compute: `service$function` is `service.function`, and a qualifier may stand behind the service.
  if (name === 'function') return value.replace('$', '.')
  return name === 'service' ? (value.split('.', 1)[0] ?? '') : value
}

/** The accesses of one request to a route. */
export function accessesOf(
  rules: readonly AccessRule[],
  place: Place,
  params: Readonly<Record<string, string | undefined>>,
  headers: IncomingHttpHeaders,
): Access[] {
  const mayCreate = headers['if-match'] === undefined
  const mayReplace = headers['if-none-match'] === undefined
  return rules.flatMap(({ action, resource, when }) => {
    // With both headers the request is refused anyway, after it was found to be allowed either way.
    const isAsked =
      mayCreate === mayReplace || when === undefined || (when === 'creates' ? mayCreate : mayReplace)
    return isAsked ? [{ action, resource: arnOf(action, resourceOf(resource, params), place) }] : []
  })
}

/** Holds a table of permissions against the operations that there are: one that was forgotten keeps the server from starting. */
export function checkEveryAccess(what: string, table: object, operations: Iterable<string>): void {
  const missing = [...operations].filter(name => !Object.hasOwn(table, name))
  assert(missing.length === 0, `${what}: no permission is said for ${missing.join(', ')}`)
}
