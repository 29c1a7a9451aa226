import type { FastifyPluginCallback } from 'fastify'
import type { Application } from '../application.ts'
import type { HttpLimits } from '../limits.ts'
import type { Services } from '../services.ts'
import { busRoutes } from './buses.ts'
import { openapiRoute } from './openapi.ts'
import { publishRoute } from './publish.ts'
import { ruleRoutes } from './rules.ts'

/** All operations of `/api/v1`. `closing` aborts when the listener closes, which ends what would never end by itself. */
export function restRoutes(
  services: Services,
  limits: HttpLimits,
  closing: AbortSignal,
): FastifyPluginCallback {
  return (scope, _options, done) => {
    const app = scope as unknown as Application
    busRoutes(app, services)
    publishRoute(app, services, limits)
    ruleRoutes(app, services)
    openapiRoute(app)
    void closing
    done()
  }
}
