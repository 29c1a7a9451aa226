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
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { TSchema } from 'typebox'
import type { Authenticator, Principal } from '../auth/index.ts'
import type { RouteAccess } from './access.ts'
import { accessOf, admission } from './admission.ts'
import type { CallDescription } from './audit/index.ts'
import { clientErrorAnswer } from './client-error.ts'
import { type ProblemMaker, problemMediaType } from './error-body.ts'
import { askForBody } from './expect-continue.ts'
import { parseJson } from './json-body.ts'
import type { HttpObserver } from '../observability/index.ts'
import type { HttpLimits } from './limits.ts'
import type { Lingering } from './linger.ts'
import type { Permits } from './permits.ts'
import { RouteTable } from './route-table.ts'
import type { Refuser } from './refuse.ts'
import type { Services } from './services.ts'
import { fromFramework } from './translate.ts'
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
    /** The JSON body as it was sent, for what must not lose the text of numbers. Not there without one. */
    jsonText: Buffer | undefined
  }
  interface FastifyContextConfig {
    /** Answers without credentials. */
    isOpen?: boolean
    /** What a caller must be allowed to. Every route that is not open has it, here or in its schema. */
    access?: RouteAccess
    /** Member of the body with the tags that a request gives, where the schema does not tell. */
    tagsIn?: string
    /** What the operation takes, where that is not `application/json`: for the sentence of a 415. */
    accepts?: readonly string[]
    /** The operation reads its body itself. */
    readsBody?: boolean
  }
}

export interface ApplicationParts {
  readonly observer: HttpObserver
  readonly audit: Services['audit']
  readonly limits: HttpLimits
  readonly authenticate: Authenticator
  readonly permits: Permits
  readonly makeProblem: ProblemMaker
  readonly lingering: Lingering
  readonly refuse: Refuser
  /** Looks at each request before the framework does; true when it has taken it. */
  readonly takeFirst: (request: IncomingMessage, response: ServerResponse) => boolean
}

/** The bare application: limits, authentication, validation and errors, without any operation yet. */
export function createApplication(parts: ApplicationParts): { app: Application; routes: RouteTable } {
  const { limits, makeProblem, lingering, refuse } = parts
  const app: Application = fastify({
    bodyLimit: limits.bodyBytesMax,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    serverFactory: handler =>
      createHttpServer(limits, (request, response) => {
        if (!parts.takeFirst(request, response)) handler(request, response)
      }),
    // Names have 127 characters at most; the router's own limit of 100 would answer longer ones with "no such path".
    routerOptions: { maxParamLength: 1_024 },
    clientErrorHandler: clientErrorAnswer(makeProblem, limits, socket => lingering.isAnswered(socket)),
    frameworkErrors: (error, request, reply) =>
      answerRefusal(error, request as FastifyRequest, reply as FastifyReply),
  })
  const routes = new RouteTable()

  function answerRefusal(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const keyId = (request.principal as Principal | undefined)?.keyId
    const known = { raw: request.raw, route: request.routeOptions.url, keyId }
    const { status, headers, body } = refuse(thrown, known, [fromFramework(request)])
    // The framework asks to close after a refusal; whether that is needed is decided by how the request ends.
    if (!request.raw.complete) reply.removeHeader('connection')
    void reply.code(status).headers(headers).type(problemMediaType).send(JSON.stringify(body))
  }

  app.decorateRequest('principal')
  app.addHook('onRoute', route => {
    const access = accessOf(route)
    route.config = { ...route.config, ...(access === undefined ? {} : { access }) }
    const version = (route.constraints as { acsVersion?: string } | undefined)?.acsVersion
    routes.add(route.method, route.url, access, version)
  })
  const { onRequest, preValidation } = admission(parts)
  app.addHook('onRequest', onRequest)
  app.addHook('preValidation', preValidation)
  app.addHook('preParsing', (request, reply, payload, next) => {
    if (request.routeOptions.config.readsBody !== true) {
      askForBody(request.raw, reply.raw, request.routeOptions.bodyLimit)
    }
    next(null, payload)
  })
  app.addHook('onResponse', (request, reply, next) => {
    const route = request.is404 ? undefined : request.routeOptions.url
    parts.observer.answered(request.method, route ?? 'none', reply.statusCode, reply.elapsedTime)
    next()
  })
  app.addHook('onSend', (request, reply, _payload, next) => {
    parts.audit.described(request.raw, descriptionOf(request, reply))
    next()
  })
  app.setValidatorCompiler<TSchema>(({ schema, httpPart }) => requestCheck(schema, httpPart as RequestPart))
  app.setSerializerCompiler(() => data => JSON.stringify(data))
  app.setErrorHandler(answerRefusal)
  app.setNotFoundHandler((request, reply) =>
    answerRefusal(routes.refusal(request.method, request.raw.url ?? ''), request, reply),
  )
  app.removeAllContentTypeParsers()
  app.decorateRequest('jsonText')
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    const parsed = parseJson(body)
    request.jsonText = body
    if (parsed instanceof AppError) done(parsed, undefined)
    else done(null, parsed.value)
  })
  return { app, routes }
}

/** For the record of the call. A body is told as it was sent: what it was made into has the defaults, too. */
function descriptionOf({ params, jsonText, body }: FastifyRequest, reply: FastifyReply): CallDescription {
  return { requestId: requestIdOf(reply), params, body: jsonText ?? body }
}

/** The interfaces that have one say it in a header of their own. */
function requestIdOf(reply: FastifyReply): string | undefined {
  const id = reply.getHeader('x-eventbridge-request-id') ?? reply.getHeader('x-fc-request-id')
  return typeof id === 'string' ? id : undefined
}

function createHttpServer(limits: HttpLimits, listener: RequestListener): Server {
  const server = createServer(
    {
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveMs,
      maxHeaderSize: limits.headerBytesMax,
      connectionsCheckingInterval: limits.timeoutCheckMs,
    },
    listener,
  )
  // Without this, node asks for the body before anybody has looked at the head.
  server.on('checkContinue', listener)
  server.maxConnections = limits.connectionsMax
  return server
}
