import { Type } from 'typebox'
import { failureError } from '../../functions/index.ts'
import type { Application } from '../application.ts'
import type { HttpLimits } from '../limits.ts'
import type { Services } from '../services.ts'
import { FunctionParams } from './functions.ts'
import { operation } from './operation.ts'

/** Names the invocation in requests (to choose it) and answers, and in the logs of the function. */
export const requestIdHeader = 'x-millrace-request-id'

/** `POST /functions/{function}/invocations`: calls a function and waits for what it gives back. */
export function invocationRoutes(app: Application, services: Services, limits: HttpLimits): void {
  app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(
      '*',
      { parseAs: 'buffer', bodyLimit: limits.payloadBytesMax },
      (_request, body, parsed) => parsed(null, body),
    )
    scope.post<{ Params: { function: string } }>(
      '/functions/:function/invocations',
      { schema: invokeFunction, bodyLimit: limits.payloadBytesMax },
      async (request, reply) => {
        const { account } = request.principal
        const { function: name } = request.params
        services.resources.functions.get(account, name)
        const payload = (request.body as Buffer | undefined) ?? Buffer.alloc(0)
        const requestId = request.headers[requestIdHeader]
        const left = new AbortController()
        reply.raw.once('close', () => left.abort())
        const result = await services.functions.invoke(account, name, payload, {
          ...(typeof requestId === 'string' ? { requestId } : {}),
          signal: left.signal,
        })
        reply.header(requestIdHeader, result.requestId)
        if (result.status === 'failed') throw failureError(name, result.failure)
        const { payload: answer, contentType } = result
        return reply.type(contentType ?? 'application/octet-stream').send(Buffer.from(answer))
      },
    )
    done()
  })
}

const invokeFunction = {
  ...operation({
    id: 'invokeFunction',
    tag: 'functions',
    summary: 'Calls a function and waits for its result.',
    description: `The body is the payload, whatever its content type; the answer is what the handler gave back. \`${requestIdHeader}\` names the invocation. When the caller leaves, the invocation is ended.`,
    params: FunctionParams,
    answers: {
      200: { description: 'What the handler gave back.', schema: Type.Unknown(), mediaType: '*/*' },
    },
    refusals: {
      404: ['resource.not-found', 'function.not-found'],
      412: ['function.not-started'],
      413: ['http.body-too-large', 'function.payload-too-large'],
      429: ['function.throttled'],
      502: ['function.failed', 'function.exited', 'function.initialization-failed'],
      503: ['function.closed'],
      504: ['function.timed-out'],
    },
  }),
  'x-millrace-body': { '*/*': Type.Unknown({ description: 'The payload.' }) },
}
