import type { FastifyPluginCallback } from 'fastify'
import type { Application } from '../application.ts'
import type { HttpLimits } from '../limits.ts'
import type { Services } from '../services.ts'
import { busRoutes } from './buses.ts'
import { openapiRoute } from './openapi.ts'
import { publishRoute } from './publish.ts'
import type { PublishDoor } from './publish-door.ts'
import { ruleRoutes } from './rules.ts'

export interface RestParts {
  readonly services: Services
  readonly limits: HttpLimits
  readonly door: PublishDoor
  /** Aborts when the listener closes, which ends what would never end by itself. */
  readonly closing: AbortSignal
}

/** All operations of `/api/v1`. */
export function restRoutes({ services, door }: RestParts): FastifyPluginCallback {
  return (scope, _options, done) => {
    const app = scope as unknown as Application
    busRoutes(app, services)
    publishRoute(app, door)
    ruleRoutes(app, services)
    openapiRoute(app)
    done()
  }
}
