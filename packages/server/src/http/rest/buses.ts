import { type Static, Type } from 'typebox'
import { BusSpec, busKey } from '../../resources/index.ts'
import type { Application } from '../application.ts'
import type { Services } from '../services.ts'
import { needs, needsToPut } from '../access.ts'
import { operation } from './operation.ts'
import { expectedRevision, publicResource, sendPut, sendResource } from './precondition.ts'
import { BusParams, PageQuery, PageSchema, PutSchema, ResourceSchema } from './resource-schemas.ts'

const tag = 'buses'
const BusResource = ResourceSchema(BusSpec)

const BusStatus = Type.Object({
  name: Type.String(),
  rules: Type.Integer(),
  first: Type.Integer({
    description: 'Position of the oldest retained event; equals `next` when there is none.',
  }),
  next: Type.Integer({ description: 'Position that the next event will get.' }),
  bytes: Type.Integer({ description: 'Bytes of the retained events.' }),
  routed: Type.Integer({
    description: 'Position up to which events have been routed: the next one to route.',
  }),
  lag: Type.Integer({ description: 'Accepted events that have not been routed yet.' }),
})

/** `/buses`: what producers publish to. */
export function busRoutes(app: Application, services: Services): void {
  const { buses } = services.resources

  app.get('/buses', { schema: listBuses }, request => {
    const { items, next } = buses.list(request.principal.account, request.query)
    return { items: items.map(publicResource), next }
  })

  app.get('/buses/:bus', { schema: getBus }, (request, reply) =>
    sendResource(reply, buses.get(request.principal.account, request.params.bus)),
  )

  app.put('/buses/:bus', { schema: putBus }, async (request, reply) => {
    const { account } = request.principal
    const { bus } = request.params
    const { created } = await buses.put(account, bus, request.body, expectedRevision(request.headers))
    return sendPut(reply, created, buses.get(account, bus))
  })

  app.delete('/buses/:bus', { schema: deleteBus }, async (request, reply) => {
    await buses.delete(request.principal.account, request.params.bus, expectedRevision(request.headers))
    return reply.code(204).send()
  })

  app.get('/buses/:bus/status', { schema: getBusStatus }, async request =>
    busStatus(services, request.principal.account, request.params.bus),
  )
}

async function busStatus(
  services: Services,
  account: string,
  bus: string,
): Promise<Static<typeof BusStatus>> {
  services.resources.buses.get(account, bus)
  const key = busKey(account, bus)
  const [stat, routed] = await Promise.all([services.eventLogs.stat(key), services.routedPosition(key)])
  const rules = services.resources.snapshots.current().buses.get(key)?.rules.size ?? 0
  const { first, next, bytes } = stat
  return { name: bus, rules, first, next, bytes, routed, lag: Math.max(0, next - routed) }
}

const listBuses = operation({
  id: 'listBuses',
  access: needs('eventbridge:ListEventBuses', 'eventbus/*'),
  tag,
  summary: 'Lists the buses of the account by name.',
  query: PageQuery,
  answers: { 200: { description: 'One page.', schema: PageSchema(BusResource) } },
})

const getBus = operation({
  id: 'getBus',
  access: needs('eventbridge:GetEventBus', 'eventbus/:bus'),
  tag,
  summary: 'Reads a bus.',
  params: BusParams,
  answers: { 200: { description: 'The bus.', schema: BusResource } },
  refusals: { 404: ['resource.not-found'] },
})

const putBus = operation({
  id: 'putBus',
  access: needsToPut('eventbridge:CreateEventBus', 'eventbridge:UpdateEventBus', 'eventbus/:bus'),
  tag,
  summary: 'Creates a bus or replaces its settings.',
  description:
    'Idempotent: writing the same twice changes nothing. `If-Match` and `If-None-Match: *` are honoured.',
  params: BusParams,
  body: BusSpec,
  answers: {
    200: { description: 'It was there before.', schema: PutSchema(BusSpec) },
    201: { description: 'It is new.', schema: PutSchema(BusSpec) },
  },
  refusals: {
    403: ['bus.reserved'],
    412: ['resource.conflict'],
    429: ['resource.limit-exceeded'],
    507: ['storage.full'],
  },
})

const deleteBus = operation({
  id: 'deleteBus',
  access: needs('eventbridge:DeleteEventBus', 'eventbus/:bus'),
  tag,
  summary: 'Deletes a bus that has no rules, and its events.',
  params: BusParams,
  answers: { 204: { description: 'It is gone.', schema: null } },
  refusals: {
    403: ['bus.reserved'],
    404: ['resource.not-found'],
    409: ['bus.not-empty'],
    412: ['resource.conflict'],
  },
})

const getBusStatus = operation({
  id: 'getBusStatus',
  access: needs('eventbridge:GetEventBus', 'eventbus/:bus'),
  tag,
  summary: 'Tells where the log of a bus stands.',
  params: BusParams,
  answers: { 200: { description: 'Positions and sizes.', schema: BusStatus } },
  refusals: { 404: ['resource.not-found'] },
})
