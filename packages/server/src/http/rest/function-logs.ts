import { type Static, Type } from 'typebox'
import type { LogLine, LogQuery } from '../../functions/index.ts'
import type { Application } from '../application.ts'
import { type LiveMessage, type LiveStreams, wantsLiveStream } from '../live-stream.ts'
import type { Services } from '../services.ts'
import { FunctionParams } from './functions.ts'
import { needs } from '../access.ts'
import { operation } from './operation.ts'

const LogsQuery = Type.Object(
  {
    requestId: Type.Optional(Type.String({ maxLength: 128, description: 'Only lines of this invocation.' })),
    after: Type.Optional(Type.Integer({ minimum: 0, description: 'Only lines with a greater `sequence`.' })),
    limit: Type.Integer({
      default: 1_000,
      minimum: 1,
      maximum: 5_000,
      description: 'The newest so many lines.',
    }),
  },
  { additionalProperties: false },
)

/** `GET /functions/{function}/logs`: what a function wrote, once or live. */
export function functionLogRoutes(app: Application, services: Services, streams: LiveStreams): void {
  app.get(
    '/functions/:function/logs',
    { schema: getFunctionLogs, exposeHeadRoute: false },
    async (request, reply) => {
      const { account } = request.principal
      const { function: name } = request.params
      services.resources.functions.get(account, name)
      if (!wantsLiveStream(request))
        return { items: services.functions.logs(account, name, logQuery(request.query)) }
      const last = request.headers['last-event-id']
      const query = {
        ...logQuery(request.query),
        ...(typeof last === 'string' && /^\d{1,15}$/.test(last) ? { after: Number(last) } : {}),
      }
      await streams.serve(
        reply,
        signal => messages(services.functions.tailLogs(account, name, query, signal)),
        thrown => services.log.error('a live tail failed', { function: name, cause: thrown }),
      )
      return reply
    },
  )
}

function logQuery({ requestId, after, limit }: Static<typeof LogsQuery>): LogQuery {
  return {
    limit,
    ...(requestId === undefined ? {} : { requestId }),
    ...(after === undefined ? {} : { after }),
  }
}

async function* messages(lines: AsyncIterable<LogLine>): AsyncGenerator<LiveMessage> {
  for await (const line of lines) yield { id: String(line.sequence), data: JSON.stringify(line) }
}

const Line = Type.Object({
  sequence: Type.Integer(),
  atMs: Type.Integer(),
  requestId: Type.Optional(Type.String()),
  instanceId: Type.String(),
  stream: Type.Union(['stdout', 'stderr', 'platform'].map(stream => Type.Literal(stream))),
  text: Type.String(),
})

const getFunctionLogs = operation({
  id: 'getFunctionLogs',
  access: needs('millrace:GetFunctionLogs', 'fc:functions/:function'),
  tag: 'functions',
  summary: 'Reads the newest lines that a function wrote, or follows them live.',
  description:
    'With `Accept: text/event-stream` server-sent events: `id` is the sequence, `data` the line as JSON; `Last-Event-ID` resumes.',
  params: FunctionParams,
  query: LogsQuery,
  answers: {
    200: { description: 'Oldest first, or the live tail.', schema: Type.Object({ items: Type.Array(Line) }) },
  },
  refusals: { 404: ['resource.not-found', 'function.not-found'], 429: ['http.tails-exhausted'] },
})
