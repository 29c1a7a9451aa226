import { Type } from 'typebox'
import type { Application } from '../application.ts'
import type { Services } from '../services.ts'
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
    return { name, ...(await services.streams.status(account, name)) }
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

const getStreamStatus = operation({
  id: 'getStreamStatus',
  tag,
  summary: 'Tells how a stream stands: its state and why, how far behind it is, and what it has done.',
  params: NamedParams,
  answers: {
    200: {
      description: 'The stream as the node that answers knows it.',
      schema: Type.Object(
        { name: Type.String(), state: Type.String({ description: 'Such as `running` or `paused`.' }) },
        { additionalProperties: true },
      ),
    },
  },
  refusals: { 404: ['resource.not-found'] },
})

const pauseStream = operation({
  id: 'pauseStream',
  tag,
  summary: 'Stops a stream; it keeps its position until it is resumed.',
  params: NamedParams,
  answers: { 204: { description: 'It is paused.', schema: null } },
  refusals: { 404: ['resource.not-found'] },
})

const resumeStream = operation({
  id: 'resumeStream',
  tag,
  summary: 'Lets a stream that was paused, has stopped before a record or failed go on from its position.',
  params: NamedParams,
  answers: { 204: { description: 'It goes on.', schema: null } },
  refusals: { 404: ['resource.not-found'] },
})
