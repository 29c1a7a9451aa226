import { AppError, retryNever } from '@millrace/spi'
import { type Static, Type } from 'typebox'
import type { ReplayBound, ReplayRequest, ReplayStatus } from '../../delivery/index.ts'
import { busKey, Name } from '../../resources/index.ts'
import type { Application } from '../application.ts'
import type { Services } from '../services.ts'
import { needs } from '../access.ts'
import { operation } from './operation.ts'
import { BusParams } from './resource-schemas.ts'

const Bound = Type.Union([
  Type.Object({ position: Type.Integer({ minimum: 0 }) }, { additionalProperties: false }),
  Type.Object(
    { time: Type.String({ maxLength: 40, description: 'RFC 3339' }) },
    { additionalProperties: false },
  ),
])

const ReplayBody = Type.Object(
  {
    rule: Name,
    from: Type.Optional(
      Type.Union(Bound.anyOf, { description: 'The first event; default the oldest retained one.' }),
    ),
    to: Type.Optional(
      Type.Union(Bound.anyOf, {
        description: 'The first event that is left out; default the next one to come.',
      }),
    ),
    targets: Type.Optional(
      Type.Array(Name, { minItems: 1, maxItems: 20, description: 'Targets of the rule by id; default all.' }),
    ),
    ratePerSecondMax: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 1_000_000,
        description: 'Deliveries made per second at most.',
      }),
    ),
    marked: Type.Boolean({
      default: true,
      description: 'Whether events carry the id of the replay as `millracereplay`.',
    }),
    dryRun: Type.Boolean({ default: false, description: 'Only count what would be delivered.' }),
  },
  { additionalProperties: false },
)

const ReplayParams = Type.Object({ bus: Name, replay: Type.String({ maxLength: 128 }) })

/** `/buses/{bus}/replays`: a range of the log into one rule again. */
export function replayRoutes(app: Application, services: Services): void {
  const { delivery, resources } = services

  /** Also tells that the bus is there. */
  function keyOf(account: string, bus: string): string {
    resources.buses.get(account, bus)
    return busKey(account, bus)
  }

  app.post('/buses/:bus/replays', { schema: startReplay }, async (request, reply) => {
    const { bus } = request.params
    const key = keyOf(request.principal.account, bus)
    const status = await delivery.startReplay(replayRequest(key, request.body))
    return reply.code(status.state === 'dry-run' ? 200 : 201).send(shown(status, bus))
  })

  app.get('/buses/:bus/replays', { schema: listReplays }, async request => {
    const { bus } = request.params
    const all = await delivery.replays(keyOf(request.principal.account, bus))
    return { items: all.map(status => shown(status, bus)) }
  })

  app.get('/buses/:bus/replays/:replay', { schema: getReplay }, async request => {
    const { bus, replay } = request.params
    const all = await delivery.replays(keyOf(request.principal.account, bus))
    const found = all.find(({ id }) => id === replay)
    if (found === undefined) throw new AppError('replay.not-found', `the bus ${bus} has no replay ${replay}`)
    return shown(found, bus)
  })

  app.delete('/buses/:bus/replays/:replay', { schema: cancelReplay }, async (request, reply) => {
    const { bus, replay } = request.params
    await delivery.cancelReplay(keyOf(request.principal.account, bus), replay)
    return reply.code(204).send()
  })
}

function replayRequest(bus: string, body: Static<typeof ReplayBody>): ReplayRequest {
  const { from, to, ...rest } = body
  return {
    bus,
    ...rest,
    ...(from === undefined ? {} : { from: boundOf(from, 'body.from.time') }),
    ...(to === undefined ? {} : { to: boundOf(to, 'body.to.time') }),
  }
}

function boundOf(bound: Static<typeof Bound>, path: string): ReplayBound {
  if ('position' in bound) return bound
  const timeMs = Date.parse(bound.time)
  if (!Number.isNaN(timeMs)) return { timeMs }
  throw new AppError('http.invalid-request', `${path} is not an RFC 3339 time`, retryNever, {
    details: { path },
  })
}

function shown(status: ReplayStatus, bus: string): ReplayStatus {
  return { ...status, bus }
}

const Replay = Type.Object({
  id: Type.String(),
  bus: Type.String(),
  rule: Type.String(),
  targets: Type.Array(Type.String()),
  from: Type.Integer({ description: 'First position.' }),
  to: Type.Integer({ description: 'First position that is left out.' }),
  ratePerSecondMax: Type.Optional(Type.Number()),
  marked: Type.Boolean(),
  createdAtMs: Type.Integer(),
  endedAtMs: Type.Optional(Type.Integer()),
  matched: Type.Integer({ description: 'Events that matched so far.' }),
  state: Type.Union(
    ['reading', 'delivering', 'done', 'cancelled', 'dry-run'].map(state => Type.Literal(state)),
  ),
  position: Type.Integer({ description: 'The next event to read.' }),
  deliveries: Type.Integer({ description: 'Deliveries pending; for a dry run, those that there would be.' }),
})

const startReplay = operation({
  id: 'startReplay',
  access: needs('millrace:StartReplay', 'eventbridge:eventbus/:bus/replay/*'),
  tag: 'replays',
  summary: 'Reads a range of the log into one rule again, or only counts what that would be.',
  params: BusParams,
  body: ReplayBody,
  answers: {
    200: { description: 'What a dry run counted.', schema: Replay },
    201: { description: 'It has begun.', schema: Replay },
  },
  refusals: {
    400: ['http.invalid-request', 'replay.invalid'],
    404: ['resource.not-found'],
    429: ['replay.too-many'],
  },
})

const listReplays = operation({
  id: 'listReplays',
  access: needs('millrace:ListReplays', 'eventbridge:eventbus/:bus/replay/*'),
  tag: 'replays',
  summary: 'Lists the replays of a bus: those that run, and the last hundred that ended.',
  params: BusParams,
  answers: { 200: { description: 'All of them.', schema: Type.Object({ items: Type.Array(Replay) }) } },
  refusals: { 404: ['resource.not-found'] },
})

const getReplay = operation({
  id: 'getReplay',
  access: needs('millrace:GetReplay', 'eventbridge:eventbus/:bus/replay/:replay'),
  tag: 'replays',
  summary: 'Tells how far a replay has come.',
  params: ReplayParams,
  answers: { 200: { description: 'The replay.', schema: Replay } },
  refusals: { 404: ['resource.not-found', 'replay.not-found'] },
})

const cancelReplay = operation({
  id: 'cancelReplay',
  access: needs('millrace:CancelReplay', 'eventbridge:eventbus/:bus/replay/:replay'),
  tag: 'replays',
  summary: 'Ends a replay; its deliveries that are pending end as dropped.',
  params: ReplayParams,
  answers: { 204: { description: 'It has ended.', schema: null } },
  refusals: { 404: ['resource.not-found', 'replay.not-found'] },
})
