import type { FastifyPluginCallback } from 'fastify'
import type { Application } from '../application.ts'
import type { HttpLimits } from '../limits.ts'
import { LiveStreams } from '../live-stream.ts'
import type { Services } from '../services.ts'
import { codeRoutes } from './code.ts'
import { consoleLoginRoutes } from './console-login.ts'
import { eventRoutes } from './events.ts'
import { functionLogRoutes } from './function-logs.ts'
import { domainRoutes } from './domains.ts'
import { functionPartRoutes } from './function-parts.ts'
import { functionStateRoutes } from './function-state.ts'
import { functionTaskRoutes } from './function-tasks.ts'
import { functionVersionRoutes } from './function-versions.ts'
import { functionRoutes } from './functions.ts'
import { identityRoutes } from './identity.ts'
import { instanceRoutes } from './instances.ts'
import { invocationRoutes } from './invocations.ts'
import { keyRoutes } from './keys.ts'
import { layerRoutes } from './layers.ts'
import { neededPolicyRoutes } from './needed-policies.ts'
import { platformRoutes } from './platform.ts'
import { quotaRoutes } from './quotas.ts'
import { replayRoutes } from './replays.ts'
import { runtimeRoutes } from './runtimes.ts'
import { ruleTargetRoutes } from './rule-targets.ts'
import { queueMessageRoutes } from './queue-messages.ts'
import { queueRoutes } from './queues.ts'
import { sessionRoutes } from './sessions.ts'
import { streamRoutes } from './streams.ts'
import { subscriptionRoutes } from './subscriptions.ts'
import { topicRoutes } from './topics.ts'
import { streamStateRoutes } from './stream-state.ts'
import { testRoutes } from './tests.ts'
import { traceRoutes } from './traces.ts'
import { scalingStatusRoutes } from './scaling-status.ts'
import { usageRoutes } from './usage.ts'
import { busRoutes } from './buses.ts'
import { describeApplication, openapiRoute } from './openapi.ts'
import { publishRoute } from './publish.ts'
import { PublishDoor } from './publish-door.ts'
import { ruleRoutes } from './rules.ts'
import { wiringRoutes } from './wirings.ts'

export { describeApplication, PublishDoor }

export interface RestParts {
  readonly services: Services
  readonly limits: HttpLimits
  readonly door: PublishDoor
  /** Aborts when the listener closes, which ends what would never end by itself. */
  readonly closing: AbortSignal
}

/** All operations of `/api/v1`. */
export function restRoutes({ services, limits, door, closing }: RestParts): FastifyPluginCallback {
  return (scope, _options, done) => {
    const app = scope as unknown as Application
    const live = new LiveStreams(services.clock, limits, closing)
    busRoutes(app, services)
    publishRoute(app, door)
    eventRoutes(app, services, live)
    traceRoutes(app, services)
    ruleRoutes(app, services)
    ruleTargetRoutes(app, services)
    replayRoutes(app, services)
    codeRoutes(app, services, limits)
    functionRoutes(app, services)
    functionVersionRoutes(app, services)
    functionPartRoutes(app, services)
    functionStateRoutes(app, services)
    layerRoutes(app, services)
    runtimeRoutes(app, services, live)
    domainRoutes(app, services)
    queueRoutes(app, services)
    queueMessageRoutes(app, services, limits, closing)
    topicRoutes(app, services)
    subscriptionRoutes(app, services)
    streamRoutes(app, services)
    streamStateRoutes(app, services)
    instanceRoutes(app, services)
    identityRoutes(app, services)
    keyRoutes(app, services)
    consoleLoginRoutes(app, services)
    neededPolicyRoutes(app, services)
    sessionRoutes(app, services)
    wiringRoutes(app, services)
    invocationRoutes(app, services, limits)
    functionTaskRoutes(app, services)
    functionLogRoutes(app, services, live)
    scalingStatusRoutes(app, services)
    usageRoutes(app, services)
    testRoutes(app)
    platformRoutes(app, services)
    quotaRoutes(app, services)
    openapiRoute(app)
    done()
  }
}
