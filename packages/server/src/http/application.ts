import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { AppError } from '@millrace/spi'
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type RawReplyDefaultExpression,
  type RawRequestDefaultExpression,
  type RawServerDefault,
} from 'fastify'
import type { Socket } from 'node:net'
import type { TSchema } from 'typebox'
import { type Authenticator, isPrincipal, type Principal } from '../auth/index.ts'
import { clientErrorAnswer } from './client-error.ts'
import { type ProblemMaker, problemMediaType, translate } from './error-body.ts'
import { parseJson } from './json-body.ts'
import type { HttpLimits } from './limits.ts'
import { Lingering } from './linger.ts'
import { RouteTable } from './route-table.ts'
import type { Services } from './services.ts'
import { fromCloudEvents, fromFramework, fromPatterns } from './translate.ts'
import { type RequestPart, requestCheck } from './validation.ts'

/** The application that operations are added to; schemas of typebox give their requests a type. */
export type Application = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sent the request. Set before the body is read; not there for open operations. */
    principal: Principal
  }
  interface FastifyContextConfig {
    /** Answers without credentials. */
    isOpen?: boolean
    /** What the operation takes, where that is not `application/json`: for the sentence of a 415. */
    accepts?: readonly string[]
  }
}

export interface ApplicationParts {
  readonly services: Services
  readonly limits: HttpLimits
  readonly authenticate: Authenticator
  readonly makeProblem: ProblemMaker
}

/** The bare application: limits, authentication, validation and errors, without any operation yet. */
export function createApplication(parts: ApplicationParts): { app: Application; routes: RouteTable } {
  const { services, limits, makeProblem } = parts
  const lingering = new Lingering(services.clock, limits.lingerMs)
  const app: Application = fastify({
    bodyLimit: limits.bodyBytesMax,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveMs,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    http: {
      headersTimeout: limits.headersTimeoutMs,
      maxHeaderSize: limits.headerBytesMax,
      connectionsCheckingInterval: limits.timeoutCheckMs,
    },
    // Names have 127 characters at most; the router's own limit of 100 would answer longer ones with "no such path".
    routerOptions: { maxParamLength: 1_024 },
    clientErrorHandler: clientErrorAnswer(makeProblem, limits, socket => lingering.isAnswered(socket)) as (
      error: Error,
      socket: Socket,
    ) => void,
    frameworkErrors: (error, request, reply) =>
      refuse(error, request as FastifyRequest, reply as FastifyReply),
  })
  const routes = new RouteTable()
  app.server.maxConnections = limits.connectionsMax

  function refuse(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const error = translate(thrown, [fromCloudEvents, fromPatterns, fromFramework(request)])
    const { status, headers, body } = makeProblem(error)
    if (status >= 500 && !request.raw.destroyed) logFailure(services, request, error, status)
    if (!request.raw.complete) {
      reply.removeHeader('connection')
      lingering.begin(request.raw)
    }
    void reply.code(status).headers(headers).type(problemMediaType).send(JSON.stringify(body))
  }

  app.decorateRequest('principal')
  app.addHook('onRoute', route => routes.add(route.method, route.url, route.config?.isOpen === true))
  app.addHook('onRequest', (request, _reply, next) => {
    if (request.routeOptions.config.isOpen === true) {
      next()
      return
    }
    const decision = parts.authenticate(request.headers, request.method, request.raw.url ?? '')
    if (isPrincipal(decision)) {
      request.principal = decision
      next()
    } else next(decision)
  })
  app.setValidatorCompiler<TSchema>(({ schema, httpPart }) => requestCheck(schema, httpPart as RequestPart))
  app.setSerializerCompiler(() => data => JSON.stringify(data))
  app.setErrorHandler(refuse)
  app.setNotFoundHandler((request, reply) =>
    refuse(routes.refusal(request.method, request.raw.url ?? ''), request, reply),
  )
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body: Buffer, done) => {
    const parsed = parseJson(body)
    if (parsed instanceof AppError) done(parsed, undefined)
    else done(null, parsed.value)
  })
  return { app, routes }
}

/** Logged here and nowhere else, with the cause that the caller does not get to see. */
function logFailure(services: Services, request: FastifyRequest, error: AppError, status: number): void {
  const fields = {
    code: error.code,
    status,
    method: request.method,
    route: request.routeOptions.url,
    keyId: (request.principal as Principal | undefined)?.keyId,
    reason: error.message,
    cause: error.cause,
  }
  // What the storage or a target cannot do now is expected to pass; everything else wants a person.
  if (status === 500) services.log.error('request failed', fields)
  else services.log.warn('request failed', fields)
}
