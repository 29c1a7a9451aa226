import type { IncomingMessage } from 'node:http'
import { AppError, type Random } from '@millrace/spi'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Principal } from '../../../auth/index.ts'
import type { Application } from '../../application.ts'
import type { Permits } from '../../permits.ts'
import type { Refuser } from '../../refuse.ts'
import { checkSignedBody, deniedDetail, rpcCode } from '../../rpc-refusal.ts'
import type { Services } from '../../services.ts'
import { fromFramework } from '../../translate.ts'
import { actionAccess } from '../access.ts'
import type { Action } from '../action.ts'
import { permitter } from '../permitter.ts'
import { Refusal, refusalOf, businessStatus } from '../refusal.ts'
import { requestId } from '../request-id.ts'
import { rpcParameters } from './parameters.ts'
import { type RpcAction, rpcActions } from './table.ts'

export interface RpcParts {
  readonly actions: Readonly<Record<string, Action>>
  readonly audit: Services['audit']
  readonly permits: Permits
  readonly refuse: Refuser
  readonly random: Random
}

/** Where requests of this style go; what their signatures count for. */
export const rpcPath = '/'
const version = '2020-04-01'
const bodyBytesMax = 1_048_576
const jsonType = 'application/json; charset=utf-8'

/**
 * Version 2020-04-01 of the interface: `POST /`, or GET, with the action in a header and the parameters in the query and a form
 * (section 3). The actions are those of the other style, under other names; business errors are answered 200, as the service does.
 */
export function rpcRoutes(parent: Application, parts: RpcParts): void {
  parent.addConstraintStrategy(versionConstraint)
  parent.register((scope, _options, ready) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, parsed) => parsed(null, body))
    scope.setErrorHandler((thrown, request, reply) => refused(thrown, request, reply, parts))
    scope.route({
      method: ['GET', 'POST'],
      url: rpcPath,
      schema: { hide: true },
      config: { access: 'inside' },
      bodyLimit: bodyBytesMax,
      exposeHeadRoute: false,
      constraints: { [versionConstraint.name]: version },
      handler: (request, reply) => respond(parts, request, reply),
    })
    ready()
  })
}

/** Other interfaces have this path, too: the header with the version tells them apart. */
const versionConstraint = {
  name: 'acsVersion',
  storage: () => {
    const handlers = new Map<unknown, unknown>()
    return {
      get: (key: unknown) => handlers.get(key) ?? null,
      set: (key: unknown, handler: unknown) => void handlers.set(key, handler),
    } as never
  },
  deriveConstraint: (request: Pick<IncomingMessage, 'headers'>) => request.headers['x-acs-version'],
  validate: () => {},
  mustMatchWhenDerived: false,
}

const byName = new Map(rpcActions.map(action => [action.name, action]))

async function respond(
  { actions, permits, random }: RpcParts,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
  checkSignedBody(request.principal, body)
  const action = actionOf(request)
  const input = inputOf(action, request, body)
  const { account } = request.principal
  const answer = await doer(action, actions).run({
    account,
    headers: request.headers,
    body: Buffer.from(JSON.stringify(input)),
    peer: request.ip.replace(/^::ffff:/, ''),
    ...permitter(permits, actionAccess[action.does ?? ''] ?? [], request),
  })
  const shaped = action.shape?.(answer, input) ?? {}
  const RequestId = requestId(random)
  const whole = { Code: 'Success', Success: true, Message: '', RequestId, ...shaped }
  return reply.type(jsonType).send(JSON.stringify(whole))
}

function actionOf({ headers }: FastifyRequest): RpcAction {
  const name = String(headers['x-acs-action'] ?? '')
  const action = byName.get(name)
  if (action !== undefined) return action
  const shown = name.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 100)
  throw new Refusal('InvalidAction.NotFound', `there is no action ${shown} in version ${version}`, 404)
}

function doer({ name, does, note = '' }: RpcAction, actions: Readonly<Record<string, Action>>): Action {
  const action = does === undefined ? undefined : actions[does]
  if (action !== undefined) return action
  throw new Refusal('ServiceNotEnable', `this server does not offer ${name}: ${note}`, 403)
}

/** The parameters under the names of the action that does it. */
function inputOf(
  { renamed = {} }: RpcAction,
  { raw, headers }: FastifyRequest,
  body: Buffer,
): Record<string, unknown> {
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(headers['content-type'] ?? '')
  const mark = (raw.url ?? '').indexOf('?')
  const query = mark < 0 ? '' : (raw.url ?? '').slice(mark + 1)
  const entries = Object.entries(rpcParameters(query, isForm ? body.toString() : ''))
  return Object.fromEntries(
    entries.map(([name, value]) => {
      const other = renamed[name] ?? name
      return [other, other === 'EventIds' ? [value] : value]
    }),
  )
}

/** Business errors are answered 200 with `Success` false, which is where tools look for them; all others with their status. */
function refused(
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  { refuse, random, actions, audit }: RpcParts,
): void {
  const { raw } = request
  let refusal: Refusal
  let denied: object = {}
  if (thrown instanceof Refusal) {
    refusal = thrown
    audit.refused(raw, refusal.code, refusal.message)
  } else {
    const keyId = (request.principal as Principal | undefined)?.keyId
    const problem = refuse(thrown, { raw, route: rpcPath, keyId }, [fromFramework(request)])
    const { code, detail, ...details } = problem.body
    const does = byName.get(String(request.headers['x-acs-action']))?.does ?? ''
    const error = new AppError(code, detail, undefined, { details })
    refusal = rpcRefusal(error) ?? refusalOf(error, problem.status, actions[does]?.subject ?? 'event')
    denied = deniedDetail(error)
    reply.headers(problem.headers)
  }
  if (!raw.complete) reply.removeHeader('connection')
  const body = {
    Code: refusal.code,
    Success: false,
    Message: refusal.message,
    RequestId: requestId(random),
    HostId: request.headers.host,
    ...denied,
  }
  const status = refusal.status === businessStatus ? 200 : refusal.status
  void reply.code(status).type(jsonType).send(JSON.stringify(body))
}

function rpcRefusal({ code, message }: AppError): Refusal | undefined {
  const known = rpcCode(code)
  return known === undefined ? undefined : new Refusal(known.code, message, known.status)
}
