import { AppError } from '@millrace/spi'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { type CallOptions, failureError, type InvocationResult } from '../../functions/index.ts'
import { Qualifier } from '../../resources/index.ts'
import type { Application } from '../application.ts'
import type { HttpLimits } from '../limits.ts'
import type { Services } from '../services.ts'
import { FunctionParams } from './functions.ts'
import { AnswerOnTheWay } from '../invocation-answer.ts'
import { needs } from '../access.ts'
import { operation } from './operation.ts'

/** Names the invocation in requests (to choose it) and answers, and in the logs of the function. */
export const requestIdHeader = 'x-millrace-request-id'

/** `async` accepts the call and makes it later. */
const typeHeader = 'x-millrace-invocation-type'
const taskIdHeader = 'x-millrace-task-id'
const delayHeader = 'x-millrace-delay-ms'

/** `tail` asks for the end of what the invocation has logged. */
const logTypeHeader = 'x-millrace-log-type'
const logResultHeader = 'x-millrace-log-result'
const versionHeader = 'x-millrace-version'
const durationHeader = 'x-millrace-duration-ms'

const InvokeQuery = Type.Object(
  {
    qualifier: Type.Optional(Qualifier),
    async: Type.Boolean({ default: false, description: 'Accepts the call and makes it later.' }),
  },
  { additionalProperties: false },
)

interface Request {
  readonly Params: Static<typeof FunctionParams>
  readonly Querystring: Static<typeof InvokeQuery>
}

/** `POST /functions/{function}/invocations`: calls a function, and waits for what it gives back or not. */
export function invocationRoutes(app: Application, services: Services, limits: HttpLimits): void {
  app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(
      '*',
      { parseAs: 'buffer', bodyLimit: limits.payloadBytesMax },
      (_request, body, parsed) => parsed(null, body),
    )
    scope.post<Request>(
      '/functions/:function/invocations',
      { schema: invokeFunction, bodyLimit: limits.payloadBytesMax },
      async (request, reply) => {
        services.resources.functions.get(request.principal.account, request.params.function)
        return isAsynchronous(request)
          ? await accept(services, request, reply)
          : await invoke(services, request, reply)
      },
    )
    done()
  })
}

function isAsynchronous(request: FastifyRequest<Request>): boolean {
  return request.query.async || header(request, typeHeader)?.toLowerCase() === 'async'
}

async function accept(
  { calls }: Services,
  request: FastifyRequest<Request>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const delayText = header(request, delayHeader)
  const taskId = header(request, taskIdHeader)
  const options: CallOptions = {
    ...chosen(request),
    ...(taskId === undefined ? {} : { taskId }),
    ...(delayText === undefined ? {} : { delayMs: parseDelay(delayText) }),
  }
  const { account } = request.principal
  const accepted = await calls.call(account, request.params.function, payloadOf(request), options)
  reply.header(requestIdHeader, accepted.requestId)
  if (accepted.taskId !== undefined) reply.header(taskIdHeader, accepted.taskId)
  return reply.code(202).send(accepted)
}

async function invoke(
  { functions }: Services,
  request: FastifyRequest<Request>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { function: name } = request.params
  const answer = new AnswerOnTheWay(reply)
  const result = await answer.during(signal =>
    functions.invoke(request.principal.account, name, payloadOf(request), {
      ...chosen(request),
      wantsLogTail: header(request, logTypeHeader)?.toLowerCase() === 'tail',
      stream: answer,
      signal,
    }),
  )
  if (answer.hasBegun) {
    answer.end(result.status === 'ok')
    return reply
  }
  describe(reply, result)
  if (result.status === 'failed') throw failureError(name, result.failure)
  const { payload, contentType } = result
  return reply.type(contentType ?? 'application/octet-stream').send(Buffer.from(payload))
}

function describe(reply: FastifyReply, { requestId, metering, logTail }: InvocationResult): void {
  reply.header(requestIdHeader, requestId)
  reply.header(versionHeader, metering.version)
  reply.header(durationHeader, metering.durationMs.toFixed(2))
  if (logTail !== undefined) reply.header(logResultHeader, Buffer.from(logTail).toString('base64'))
}

/** What a caller may choose of either kind of call. */
function chosen(request: FastifyRequest<Request>): Pick<CallOptions, 'qualifier' | 'requestId' | 'trace'> {
  const { qualifier } = request.query
  const requestId = header(request, requestIdHeader)
  const traceparent = header(request, 'traceparent')
  const tracestate = header(request, 'tracestate')
  return {
    ...(qualifier === undefined ? {} : { qualifier }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(traceparent === undefined
      ? {}
      : { trace: { traceparent, ...(tracestate === undefined ? {} : { tracestate }) } }),
  }
}

function payloadOf(request: FastifyRequest): Buffer {
  return (request.body as Buffer | undefined) ?? Buffer.alloc(0)
}

function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'string' ? value : undefined
}

function parseDelay(text: string): number {
  if (/^[0-9]{1,9}$/.test(text)) return Number(text)
  throw new AppError('function.request-invalid', `${delayHeader} is a whole number of milliseconds`)
}

const invokeFunction = {
  ...operation({
    id: 'invokeFunction',
    access: needs('fc:InvokeFunction', 'functions/:function'),
    tag: 'functions',
    summary: 'Calls a function and waits for its result, or has it called later.',
    description: [
      'The body is the payload, whatever its content type; the answer is what the handler gave back, as it comes where the handler streams.',
      `\`${requestIdHeader}\` names the invocation. When the caller leaves, the invocation is ended.`,
      `\`${logTypeHeader}: tail\` asks for the last 4 KiB of its log, base64 in \`${logResultHeader}\`; \`${versionHeader}\` and \`${durationHeader}\` tell what ran and how long.`,
      `With \`async=true\` or \`${typeHeader}: async\` the call is answered when it is durable and made later, at least once, by the asynchronous setting of the qualifier;`,
      `\`${taskIdHeader}\` names its task, so that it is made once, and \`${delayHeader}\` puts it off by less than an hour.`,
    ].join(' '),
    params: FunctionParams,
    query: InvokeQuery,
    answers: {
      200: { description: 'What the handler gave back.', schema: Type.Unknown(), mediaType: '*/*' },
      202: {
        description: 'The call is durable.',
        schema: Type.Object({
          requestId: Type.String(),
          taskId: Type.Optional(Type.String({ description: 'Where the setting says `tasks`.' })),
        }),
      },
    },
    refusals: {
      400: ['http.invalid-request', 'function.request-invalid'],
      403: ['function.disabled'],
      404: [
        'resource.not-found',
        'function.not-found',
        'function.version-not-found',
        'function.alias-not-found',
      ],
      409: ['function.task-exists'],
      412: ['function.not-started'],
      413: ['http.body-too-large', 'function.payload-too-large'],
      429: ['function.throttled', 'bus.log-full'],
      502: ['function.failed', 'function.exited', 'function.initialization-failed'],
      503: ['function.closed'],
      504: ['function.timed-out'],
      507: ['storage.full'],
    },
  }),
  'x-millrace-body': { '*/*': Type.Unknown({ description: 'The payload.' }) },
}
