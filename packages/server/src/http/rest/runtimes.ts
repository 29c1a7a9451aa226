import { AppError, toAppError } from '@millrace/spi'
import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import type { Application } from '../application.ts'
import { type LiveMessage, type LiveStreams, wantsLiveStream } from '../live-stream.ts'
import type { Services } from '../services.ts'
import { needs } from '../access.ts'
import { checkOperator } from '../operator.ts'
import { operation } from './operation.ts'

const tag = 'functions'
const RuntimeParams = Type.Object({
  runtime: Type.String({ pattern: '^[a-z][a-z0-9.-]{0,62}$', description: 'Such as `nodejs20`.' }),
})
const RuntimeSchema = Type.Object({
  name: Type.String({ description: 'As the `runtime` of a function.' }),
  language: Type.String(),
  version: Type.String(),
  added: Type.Boolean({
    description: 'It was installed through this server, and can be removed through it.',
  }),
})

/** `/runtimes`: what functions can run on, and what is to be installed on this machine for them. */
export function runtimeRoutes(app: Application, services: Services, streams: LiveStreams): void {
  const { runtimes } = services.functions
  app.get('/runtimes', { schema: listRuntimes }, async () => ({ items: await runtimes.list() }))

  app.post('/runtimes/:runtime', { schema: installRuntime }, async (request, reply) => {
    checkOperator(services, request.principal, 'runtimes are installed')
    const { runtime } = request.params
    if (!wantsLiveStream(request)) return await runtimes.install(runtime, () => {}, untilGone(reply))
    await streams.serve(
      reply,
      signal => installing(services, runtime, signal),
      thrown => services.log.error('the report of an installation failed', { runtime, cause: thrown }),
    )
    return reply
  })

  app.delete('/runtimes/:runtime', { schema: uninstallRuntime }, async (request, reply) => {
    checkOperator(services, request.principal, 'runtimes are removed')
    await runtimes.uninstall(request.params.runtime)
    return reply.code(204).send()
  })
}

/** Aborts when the client has gone: nobody waits for the installation any more. */
function untilGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort())
  return gone.signal
}

/** Lines that wait to be sent, at most; later ones are left out until there is room. */
const waitingLinesMax = 100

/** Each message is `{progress}`, the last one `{runtime}` or `{error}`. */
async function* installing(
  { functions }: Services,
  name: string,
  signal: AbortSignal,
): AsyncGenerator<LiveMessage> {
  const lines: string[] = []
  let wake = Promise.withResolvers<void>()
  let sent = 0
  const message = (content: object): LiveMessage => ({ id: String(++sent), data: JSON.stringify(content) })
  const state: { end?: object } = {}
  const installed = functions.runtimes
    .install(
      name,
      line => {
        if (lines.length < waitingLinesMax) lines.push(line)
        wake.resolve()
      },
      signal,
    )
    .then(
      runtime => (state.end = { runtime }),
      (thrown: unknown) => (state.end = { error: problemOf(thrown) }),
    )
    .finally(() => wake.resolve())
  while (state.end === undefined || lines.length > 0) {
    const line = lines.shift()
    if (line !== undefined) yield message({ progress: line })
    else {
      await wake.promise
      wake = Promise.withResolvers<void>()
    }
  }
  yield message(await installed)
}

function problemOf(thrown: unknown): object {
  if (!(thrown instanceof AppError))
    return { code: 'internal.unexpected', detail: toAppError(thrown).message }
  return { code: thrown.code, detail: thrown.message }
}

const listRuntimes = operation({
  id: 'listRuntimes',
  access: needs('millrace:ListRuntimes', 'runtime/*'),
  tag,
  summary: 'Lists the runtimes that functions can ask for.',
  description: 'By language, newest first. A language alone, such as `nodejs`, asks for its newest.',
  answers: {
    200: { description: 'What this node has.', schema: Type.Object({ items: Type.Array(RuntimeSchema) }) },
  },
})

const installRuntime = operation({
  id: 'installRuntime',
  access: needs('millrace:InstallRuntime', 'runtime/:runtime'),
  tag,
  summary: 'Installs a runtime on the machine of the server, from the registry of its language.',
  description:
    'Answers when functions can ask for it, at once if they already can. With `Accept: text/event-stream` server-sent events tell what is done: the data is `{"progress": …}`, at the end `{"runtime": …}` or `{"error": {"code": …, "detail": …}}`. When the client goes before the end, the installation is given up and nothing of it is left.',
  params: RuntimeParams,
  answers: { 200: { description: 'It is there.', schema: RuntimeSchema } },
  refusals: {
    400: ['function.runtime-unknown'],
    403: ['auth.forbidden', 'http.operator-only'],
    409: ['function.runtime-busy'],
    429: ['http.tails-exhausted'],
    502: ['function.runtime-not-installed'],
  },
})

const uninstallRuntime = operation({
  id: 'uninstallRuntime',
  access: needs('millrace:UninstallRuntime', 'runtime/:runtime'),
  tag,
  summary: 'Removes a runtime that was installed through the server.',
  params: RuntimeParams,
  answers: { 204: { description: 'It is gone.', schema: null } },
  refusals: {
    403: ['auth.forbidden', 'http.operator-only'],
    404: ['resource.not-found'],
    409: ['function.runtime-in-use', 'function.runtime-busy'],
  },
})
