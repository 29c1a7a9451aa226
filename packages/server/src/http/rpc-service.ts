import { AppError, type Random, systemRandom } from '@millrace/spi'
import type { FastifyPluginCallback, FastifyRequest } from 'fastify'
import type { Principal } from '../auth/index.ts'
import type { Application } from './application.ts'
import type { Permits } from './permits.ts'
import type { Refuser } from './refuse.ts'
import { checkSignedBody, deniedDetail } from './rpc-refusal.ts'
import type { Services } from './services.ts'
import { fromFramework } from './translate.ts'

/** What a client of the RPC style is told (identity section 7.1). */
export class RpcRefusal extends Error {
  override readonly name: string = 'RpcRefusal'
  readonly code: string
  readonly status: number

  constructor(code: string, message: string, status: number = 400) {
    super(message)
    this.code = code
    this.status = status
  }
}

/** One request: authenticated, its parameters read from the query and a form. */
export interface RpcRequest {
  readonly action: string
  readonly parameters: ReadonlyMap<string, string>
  readonly principal: Principal
  readonly raw: FastifyRequest['raw']
}

/** A service of the RPC style. All share one path: the version in the header tells them apart. */
export interface RpcService {
  readonly version: string
  /** The members of the answer besides `RequestId`. Throws an `RpcRefusal`, or an error of the platform. */
  readonly answer: (request: RpcRequest) => object | Promise<object>
  /** The same error in the words of the service. Total. `status` is that of the platform's own catalogue. */
  readonly refusalOf: (error: AppError, status: number, action: string) => RpcRefusal
}

export interface RpcServiceParts {
  readonly services: Services
  readonly permits: Permits
  readonly refuse: Refuser
}

const path = '/'
const bodyBytesMax = 65_536
const jsonType = 'application/json; charset=utf-8'

/** Registers a service. The constraint on the version is one that the first of those who share the path has made known. */
export function rpcServiceRoutes(service: RpcService, parts: RpcServiceParts): FastifyPluginCallback {
  const random = systemRandom(parts.services.clock)
  return (parent, _options, done) => {
    const scope = parent as unknown as Application
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, parsed) => parsed(null, body))
    scope.setErrorHandler((thrown, request, reply) => {
      const { refusal, detail } = refused(service, parts, request, thrown)
      if (!request.raw.complete) reply.removeHeader('connection')
      const { code: Code, message: Message } = refusal
      const body = { RequestId: random.id(), HostId: request.headers.host, Code, Message, ...detail }
      void reply.code(refusal.status).type(jsonType).send(JSON.stringify(body))
    })
    scope.route({
      method: ['GET', 'POST'],
      url: path,
      schema: { hide: true },
      config: { access: 'inside' },
      bodyLimit: bodyBytesMax,
      exposeHeadRoute: false,
      constraints: { acsVersion: service.version },
      handler: async (request, reply) => {
        const text = await answerText(service, request, random)
        return reply.type(jsonType).send(text)
      },
    })
    done()
  }
}

async function answerText(service: RpcService, request: FastifyRequest, random: Random): Promise<string> {
  const { principal, raw } = request
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
  checkSignedBody(principal, body)
  const parameters = parametersOf(request, body)
  const answer = await service.answer({ action: actionOf(request), parameters, principal, raw })
  return JSON.stringify({ RequestId: random.id(), ...answer })
}

function actionOf({ headers }: Pick<FastifyRequest, 'headers'>): string {
  return String(headers['x-acs-action'] ?? '')
}

/** Those of the query and of a form. */
function parametersOf({ raw, headers }: FastifyRequest, body: Buffer): ReadonlyMap<string, string> {
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(headers['content-type'] ?? '')
  const query = (raw.url ?? '').split('?').slice(1).join('?')
  return new Map([...new URLSearchParams(query), ...new URLSearchParams(isForm ? body.toString() : '')])
}

/** That a service has no such action. */
export function noSuchAction(action: string, version: string): RpcRefusal {
  const shown = action.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 100)
  return new RpcRefusal('InvalidAction.NotFound', `There is no action ${shown} in version ${version}.`, 404)
}

function refused(
  service: RpcService,
  { services, refuse }: RpcServiceParts,
  request: FastifyRequest,
  thrown: unknown,
): { readonly refusal: RpcRefusal; readonly detail: object } {
  if (thrown instanceof RpcRefusal) {
    services.audit.refused(request.raw, thrown.code, thrown.message)
    return { refusal: thrown, detail: {} }
  }
  const keyId = (request.principal as Principal | undefined)?.keyId
  const problem = refuse(thrown, { raw: request.raw, route: path, keyId }, [fromFramework(request)])
  const { code, detail: message, ...details } = problem.body
  const error = new AppError(code, message, undefined, { details })
  return { refusal: service.refusalOf(error, problem.status, actionOf(request)), detail: deniedDetail(error) }
}
