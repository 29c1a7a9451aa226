import type { IncomingMessage } from 'node:http'
import { AppError, type Random, systemRandom } from '@millrace/spi'
import type { FastifyPluginCallback, FastifyRequest } from 'fastify'
import type { Principal } from '../auth/index.ts'
import type { Application } from './application.ts'
import type { ErrorTranslator } from './error-body.ts'
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
  readonly raw: IncomingMessage
}

/** A service of the RPC style. All share one path: the version of a request tells them apart. */
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

export const rpcBodyBytesMax = 65_536
export const rpcAnswerType = 'application/json; charset=utf-8'
const path = '/'

/** Registers a service for clients that sign with ACS3. The constraint on the version is one that the first of those who share the path has made known. */
export function rpcServiceRoutes(service: RpcService, parts: RpcServiceParts): FastifyPluginCallback {
  const random = systemRandom(parts.services.clock)
  return (parent, _options, done) => {
    const scope = parent as unknown as Application
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, parsed) => parsed(null, body))
    scope.setErrorHandler((thrown, request, reply) => {
      const keyId = (request.principal as Principal | undefined)?.keyId
      const failed = { raw: request.raw, keyId, action: actionOf(request), requestId: random.id() }
      const { status, body } = rpcRefused(service, parts, failed, thrown, [fromFramework(request)])
      if (!request.raw.complete) reply.removeHeader('connection')
      void reply.code(status).type(rpcAnswerType).send(JSON.stringify(body))
    })
    scope.route({
      method: ['GET', 'POST'],
      url: path,
      schema: { hide: true },
      config: { access: 'inside' },
      bodyLimit: rpcBodyBytesMax,
      exposeHeadRoute: false,
      constraints: { acsVersion: service.version },
      handler: async (request, reply) => {
        const text = await answerText(service, request, random)
        return reply.type(rpcAnswerType).send(text)
      },
    })
    done()
  }
}

async function answerText(service: RpcService, request: FastifyRequest, random: Random): Promise<string> {
  const { principal, raw } = request
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
  checkSignedBody(principal, body)
  const parameters = rpcParametersOf(raw, body)
  const answer = await service.answer({ action: actionOf(request), parameters, principal, raw })
  return JSON.stringify({ RequestId: random.id(), ...answer })
}

function actionOf({ headers }: Pick<FastifyRequest, 'headers'>): string {
  return String(headers['x-acs-action'] ?? '')
}

/** Those of the query and of a form. */
export function rpcParametersOf(
  { url = '', headers }: IncomingMessage,
  body: Buffer,
): ReadonlyMap<string, string> {
  const isForm = isRpcForm(headers)
  const query = url.split('?').slice(1).join('?')
  return new Map([...new URLSearchParams(query), ...new URLSearchParams(isForm ? body.toString() : '')])
}

export function isRpcForm(headers: IncomingMessage['headers']): boolean {
  return /^application\/x-www-form-urlencoded\b/i.test(headers['content-type'] ?? '')
}

/** That a service has no such action. */
export function noSuchAction(action: string, version: string): RpcRefusal {
  const shown = action.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 100)
  return new RpcRefusal('InvalidAction.NotFound', `There is no action ${shown} in version ${version}.`, 404)
}

/** What is known of a request that failed. */
export interface RpcFailure {
  readonly raw: IncomingMessage
  readonly keyId: string | undefined
  readonly action: string
  readonly requestId: string
}

/** The answer to a request that failed, whatever was thrown. */
export function rpcRefused(
  service: Pick<RpcService, 'refusalOf'>,
  { refuse }: Pick<RpcServiceParts, 'refuse'>,
  { raw, keyId, action, requestId: RequestId }: RpcFailure,
  thrown: unknown,
  translators: readonly ErrorTranslator[] = [],
): { readonly status: number; readonly body: object } {
  const ours = thrown instanceof RpcRefusal ? thrown : undefined
  // Also of those that have a code here: it lets the client read the answer while its body is still arriving.
  const problem = refuse(
    ours === undefined ? thrown : new AppError('http.malformed-request', ours.message),
    { raw, route: path, keyId, code: ours?.code },
    translators,
  )
  const { code, detail: message, ...details } = problem.body
  const error = new AppError(code, message, undefined, { details })
  const refusal = ours ?? service.refusalOf(error, problem.status, action)
  const { code: Code, message: Message, status } = refusal
  const detail = ours === undefined ? deniedDetail(error) : {}
  return { status, body: { RequestId, HostId: raw.headers.host, Code, Message, ...detail } }
}
