import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify'
import { type Random, systemRandom } from '@millrace/spi'
import { AppError } from '@millrace/spi'
import type { Principal } from '../../auth/index.ts'
import { busKey, defaultBusName } from '../../resources/index.ts'
import { type AccessRule, checkEveryAccess } from '../access.ts'
import type { Application } from '../application.ts'
import type { Permits } from '../permits.ts'
import type { Refuser } from '../refuse.ts'
import type { Services } from '../services.ts'
import { fromFramework } from '../translate.ts'
import { actionAccess } from './access.ts'
import type { Action } from './action.ts'
import { busActions } from './buses.ts'
import { permitter } from './permitter.ts'
import { putEventsAction } from './put-events.ts'
import { requestBytesMax } from './read-events.ts'
import { Refusal, refusalOf } from './refusal.ts'
import { requestId } from './request-id.ts'
import { rpcOnlyActions, rpcRoutes } from './rpc/index.ts'
import { ruleActions } from './rules.ts'
import { sourceActions, webhookRoutes } from './sources/index.ts'
import { streamingActions } from './streaming/index.ts'
import { targetActions } from './targets.ts'
import { testPatternAction } from './test-pattern.ts'
import { traceActions } from './traces.ts'

export { compatibleInterfaces } from './actions.ts'
export { rpcPath } from './rpc/index.ts'

export interface EventBridgeParts {
  readonly services: Services
  readonly permits: Permits
  readonly refuse: Refuser
}

const prefix = '/openapi'
const jsonType = 'application/json; charset=utf-8'
const requestIdHeader = 'x-eventbridge-request-id'

/**
 * The interface that clients of Alibaba Cloud EventBridge speak: `POST /openapi/<action>` (section 2 of the compatible
 * protocol). Codecs and names of errors only; the work is done by the services that the platform's own API uses.
 */
export function eventBridgeRoutes({ services, permits, refuse }: EventBridgeParts): FastifyPluginCallback {
  return (parent, _options, done) => {
    const random = systemRandom(services.clock)
    const actions = actionsOf(services, random)
    const all = { ...actions, ...rpcOnlyActions(services) }
    checkEveryAccess('actions of EventBridge', actionAccess, Object.keys(all))
    parent.register(
      (given, _scopeOptions, ready) => {
        const scope = given as unknown as Application
        const refuseHere = refuser(services, refuse, actions, random)
        scope.removeAllContentTypeParsers()
        scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, parsed) => parsed(null, body))
        scope.setErrorHandler(refuseHere)
        scope.setNotFoundHandler((request, reply) => refuseHere(noSuchAction(request), request, reply))
        for (const [name, action] of Object.entries(actions)) {
          const config = { access: 'inside' } as const
          const parts = { services, permits, random, rules: actionAccess[name] ?? [] }
          scope.post(
            `/${name}`,
            { schema: { hide: true }, config, bodyLimit: requestBytesMax },
            (request, reply) => run(parts, action, request, reply),
          )
        }
        ready()
      },
      { prefix },
    )
    parent.register((given, _scopeOptions, ready) => {
      const scope = given as unknown as Application
      scope.removeAllContentTypeParsers()
      scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, parsed) => parsed(null, body))
      scope.setErrorHandler(refuser(services, refuse, actions, random))
      webhookRoutes(scope, services, random)
      ready()
    })
    rpcRoutes(parent, { actions: all, audit: services.audit, permits, refuse, random })
    done()
  }
}

function actionsOf(services: Services, random: Random): Readonly<Record<string, Action>> {
  return {
    putEvents: putEventsAction(services, random),
    ...busActions(services),
    ...ruleActions(services),
    ...targetActions(services),
    testEventPattern: testPatternAction(),
    ...traceActions(services),
    ...streamingActions(services),
    ...sourceActions(services),
  }
}

interface RunParts {
  readonly services: Services
  readonly permits: Permits
  readonly random: Random
  readonly rules: readonly AccessRule[]
}

async function run(
  { services, permits, random, rules }: RunParts,
  action: Action,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { account } = request.principal
  checkOwner(services, account, request.headers.host ?? '')
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
  const peer = request.ip.replace(/^::ffff:/, '')
  const permission = permitter(permits, rules, request)
  const answer = await action.run({ account, headers: request.headers, body, peer, ...permission })
  const RequestId = requestId(random)
  const text = JSON.stringify({ RequestId, ResourceOwnerAccountId: account, ...answer })
  return reply.header(requestIdHeader, RequestId).type(jsonType).send(text)
}

/** The first label of the host name is the account whose resources are meant, when it is a number (section 2.1). */
function checkOwner(services: Services, account: string, host: string): void {
  const owner = /^(\d+)\.eventbridge\./.exec(host)?.[1]
  if (owner === undefined || owner === account) return
  if (services.resources.snapshots.current().buses.has(busKey(owner, defaultBusName))) {
    throw new Refusal('AccessDenied', 'the access key belongs to another account than the host name', 403)
  }
  throw new Refusal('AccountIdNotExist', 'the account in the host name does not exist', 403)
}

/** Answers every failure with lower-case members, which is what clients of this interface read (section 2.4). */
function refuser(
  { audit }: Services,
  refuse: Refuser,
  actions: Readonly<Record<string, Action>>,
  random: Random,
) {
  return (thrown: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const { raw } = request
    const route = request.is404 ? undefined : request.routeOptions.url
    const keyId = (request.principal as Principal | undefined)?.keyId
    let refusal: Refusal
    if (thrown instanceof Refusal) {
      refusal = thrown
      audit.refused(raw, refusal.code, refusal.message)
    } else {
      const problem = refuse(thrown, { raw, route, keyId }, [fromFramework(request)])
      const { code, detail, ...details } = problem.body
      const error = new AppError(code, detail, undefined, { details })
      const subject = actions[(route ?? '').slice(prefix.length + 1)]?.subject ?? 'event'
      refusal = refusalOf(error, problem.status, subject)
      reply.headers(problem.headers)
    }
    // The framework asks to close after a refusal; whether that is needed is decided by how the request ends.
    if (!raw.complete) reply.removeHeader('connection')
    const id = requestId(random)
    const body = { code: refusal.code, message: refusal.message, requestId: id, hostId: request.headers.host }
    void reply.code(refusal.status).header(requestIdHeader, id).type(jsonType).send(JSON.stringify(body))
  }
}

function noSuchAction(request: FastifyRequest): Refusal {
  const path = (request.raw.url ?? '').split('?', 1)[0] ?? ''
  return new Refusal(
    'RequestParameterInvalid',
    `there is no action ${request.method} ${path.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 100)}; every action is a POST`,
    404,
  )
}
