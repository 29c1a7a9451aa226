import { assert } from '@millrace/spi'
import type { FastifyRequest, onRequestHookHandler, RouteOptions } from 'fastify'
import { type Authenticator, isPrincipal } from '../auth/index.ts'
import { accessMember, parametersOf, type RouteAccess } from './access.ts'
import type { Permits } from './permits.ts'

/** Lets a request in, or says why not: who sent it, and whether they may, both before the body is read. */
export function admission(parts: {
  readonly authenticate: Authenticator
  readonly permits: Permits
}): onRequestHookHandler {
  return (request, _reply, next) => {
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
    try {
      permit(parts.permits, request)
      next()
    } catch (thrown) {
      next(thrown as Error)
    }
  }
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

/** Before the body is read. What is not there needs no permission: it is told from the table of paths alone. */
function permit(permits: Permits, request: FastifyRequest): void {
  if (request.is404) return
  const { access } = request.routeOptions.config
  assert(access !== undefined, 'every route says what it needs')
  if (typeof access === 'string') return
  const params = (request.params ?? {}) as Record<string, string>
  permits.checkRoute(request.principal, access, params, request.raw)
}
