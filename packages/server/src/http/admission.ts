import { AppError, assert } from '@millrace/spi'
import type { FastifyRequest, onRequestHookHandler, preValidationHookHandler, RouteOptions } from 'fastify'
import { type Authenticator, isPrincipal, type RequestFacts } from '../auth/index.ts'
import { accessMember, parametersOf, type RouteAccess } from './access.ts'
import { parseJson } from './json-body.ts'
import type { Permits } from './permits.ts'
import { requestTags } from './request-tags.ts'

/** The two moments at which a request is let in or refused. */
export interface Admission {
  readonly onRequest: onRequestHookHandler
  readonly preValidation: preValidationHookHandler
}

/**
 * Lets a request in, or says why not: who sent it, and whether they may, both before the body is read. Only where the policies of the caller
 * ask for the tags that the request gives, they are asked once the body is there, before anything else of it is looked at.
 */
export function admission(parts: {
  readonly authenticate: Authenticator
  readonly permits: Permits
}): Admission {
  const asksForTags = new WeakSet<FastifyRequest>()
  return {
    onRequest: (request, _reply, next) => {
      if (request.routeOptions.config.isOpen === true) {
        next()
        return
      }
      const decision = parts.authenticate(request.headers, request.method, request.raw.url ?? '')
      if (!isPrincipal(decision)) {
        next(decision)
        return
      }
      request.principal = decision
      if (tagsMember(request) === undefined)
        return answer(next, () => permit(parts.permits, 'checkRoute', request))
      answer(next, () => {
        try {
          permit(parts.permits, 'checkRoute', request, () => {
            asksForTags.add(request)
            return undefined
          })
        } catch (thrown) {
          if (!asksForTags.has(request)) throw thrown
        }
      })
    },
    preValidation: (request, _reply, next) => {
      if (!asksForTags.has(request)) return next()
      answer(next, () => permit(parts.permits, 'checkRouteAgain', request, () => tagsGiven(request)))
    },
  }
}

function answer(next: (error?: Error) => void, check: () => void): void {
  try {
    check()
  } catch (thrown) {
    next(thrown as Error)
    return
  }
  next()
}

/** The member of the body in which a request may give tags; `undefined` where it cannot. */
function tagsMember({ routeOptions }: FastifyRequest): string | undefined {
  const { body } = (routeOptions.schema ?? {}) as { readonly body?: { readonly properties?: object } }
  return routeOptions.config.tagsIn ?? (Object.hasOwn(body?.properties ?? {}, 'tags') ? 'tags' : undefined)
}

/** None where the body cannot be read: it is refused for that. */
function tagsGiven(request: FastifyRequest): Readonly<Record<string, string>> | undefined {
  const { body } = request
  const parsed = Buffer.isBuffer(body) ? parseJson(body) : { value: body }
  if (parsed instanceof AppError || typeof parsed.value !== 'object' || parsed.value === null)
    return undefined
  const members = parsed.value as Readonly<Record<string, unknown>>
  return requestTags(members[tagsMember(request) ?? 'tags'])
}

/** What a route says that it needs. A route that says nothing must not exist. */
export function accessOf(route: RouteOptions): RouteAccess | undefined {
  if (route.config?.isOpen === true) return undefined
  const schema = (route.schema ?? {}) as { [accessMember]?: RouteAccess }
  const access = route.config?.access ?? schema[accessMember]
  assert(access !== undefined, `the route ${route.url} does not say what a caller must be allowed to`)
  for (const { action, resource } of typeof access === 'string' ? [] : access) {
    const missing = parametersOf(resource).find(name => !route.url.includes(`:${name}`))
    assert(
      missing === undefined,
      `the route ${route.url} has no parameter ${missing}, which ${action} is about`,
    )
  }
  return access
}

/** What is not there needs no permission: it is told from the table of paths alone. */
function permit(
  permits: Permits,
  check: 'checkRoute' | 'checkRouteAgain',
  request: FastifyRequest,
  tags?: RequestFacts['requestTags'],
): void {
  if (request.is404) return
  const { access } = request.routeOptions.config
  assert(access !== undefined, 'every route says what it needs')
  if (typeof access === 'string') return
  const params = (request.params ?? {}) as Record<string, string>
  permits[check](request.principal, access, params, request.raw, tags)
}
