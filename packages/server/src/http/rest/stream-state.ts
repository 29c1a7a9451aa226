import { Type } from 'typebox'
import type { Application } from '../application.ts'
import type { Services } from '../services.ts'
import { needs } from '../access.ts'
import { operation } from './operation.ts'
import { NamedParams } from './resource-schemas.ts'

const tag = 'streams'

/** Times that pausing tries again when somebody else changes the stream in between. */
const writeAttemptsMax = 5

/** How streams stand, and stopping and starting them. */
export function streamStateRoutes(app: Application, services: Services): void {
  app.get('/streams/:name/status', { schema: getStreamStatus }, async request => {
    const { account } = request.principal
    const { name } = request.params
    services.resources.streams.get(account, name)
    const { account: _account, ...status } = await services.streams.status(account, name)
    return status
  })

  app.post('/streams/:name/pause', { schema: pauseStream }, async (request, reply) => {
    await setPaused(services, request.principal.account, request.params.name, true)
    return reply.code(204).send()
  })

  app.post('/streams/:name/resume', { schema: resumeStream }, async (request, reply) => {
    const { account } = request.principal
    const { name } = request.params
    await setPaused(services, account, name, false)
    await services.streams.resume(account, name)
    return reply.code(204).send()
  })
}

/** Pausing is a part of the stream, so that it outlives a restart; a change by somebody else in between is not lost. */
async function setPaused(services: Services, account: string, name: string, paused: boolean): Promise<void> {
  const { streams } = services.resources
  for (let attempt = 1; ; attempt++) {
    const { spec, revision } = streams.get(account, name)
    if (spec.paused === paused) return
    try {
      await streams.put(account, name, { ...spec, paused }, revision)
      return
    } catch (thrown) {
      const hasChanged = streams.get(account, name).revision !== revision
      if (!hasChanged || attempt === writeAttemptsMax) throw thrown
    }
  }
}

const Reason = Type.Object({
  code: Type.String(),
  message: Type.String({ description: 'A sentence.' }),
  atMs: Type.Integer({ description: 'Milliseconds since the epoch.' }),
})

const StatusSchema = Type.Object({
  name: Type.String(),
  state: Type.Union(
    ['starting', 'running', 'paused', 'ready', 'failed'].map(state => Type.Literal(state)),
    {
      description:
        '`ready`: it has stopped before a record until it is resumed. `failed`: its configuration or the system of its source does not let it run; it is tried again by itself.',
    },
  ),
  reason: Type.Optional(Reason),
  tasks: Type.Integer({ description: 'Tasks that read here.' }),
  counts: Type.Record(Type.String(), Type.Integer(), {
    description: 'What became of records since the start of the process, by outcome.',
  }),
  writtenPerSecond: Type.Number({ description: 'Over the last ten seconds.' }),
  lag: Type.Optional(
    Type.Object(
      {
        records: Type.Optional(Type.Integer({ description: 'Records that wait to be committed.' })),
        ageMs: Type.Optional(Type.Integer({ description: 'Age of the oldest of them.' })),
      },
      { description: 'How far it is behind, where the source can tell; some seconds old at most.' },
    ),
  ),
  inFlight: Type.Integer({ description: 'Batches being written.' }),
  heldRecords: Type.Integer({ description: 'Records that were read and are not committed.' }),
  heldBytes: Type.Integer(),
  lastReadAtMs: Type.Optional(Type.Integer()),
  lastError: Type.Optional(Reason),
})

const getStreamStatus = operation({
  id: 'getStreamStatus',
  access: needs('eventbridge:GetEventStreaming', 'eventstreaming/:name'),
  tag,
  summary: 'Tells how a stream stands: its state and why, how far behind it is, and what it has done.',
  params: NamedParams,
  answers: {
    200: {
      description: 'The stream as the node that answers knows it.',
      schema: StatusSchema,
    },
  },
  refusals: { 404: ['resource.not-found', 'stream.not-found'] },
})

const pauseStream = operation({
  id: 'pauseStream',
  access: needs('eventbridge:PauseEventStreaming', 'eventstreaming/:name'),
  tag,
  summary: 'Stops a stream; it keeps its position until it is resumed.',
  params: NamedParams,
  answers: { 204: { description: 'It is paused.', schema: null } },
  refusals: { 404: ['resource.not-found'] },
})

const resumeStream = operation({
  id: 'resumeStream',
  access: needs('eventbridge:StartEventStreaming', 'eventstreaming/:name'),
  tag,
  summary: 'Lets a stream that was paused, has stopped before a record or failed go on from its position.',
  params: NamedParams,
  answers: { 204: { description: 'It goes on.', schema: null } },
  refusals: { 404: ['resource.not-found'] },
})
