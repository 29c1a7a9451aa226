import { type Static, Type } from 'typebox'
import { type ForeignDocument, Name } from '../../resources/index.ts'
import type { Application } from '../application.ts'
import type { Services } from '../services.ts'
import { needs, needsToPut } from '../access.ts'
import { operation } from './operation.ts'
import { expectedRevision, sendPut, sendResource } from './precondition.ts'
import { NamedParams, PageQuery, PageSchema, PutSchema, ResourceSchema } from './resource-schemas.ts'

const tag = 'wirings'

const WiringSpec = Type.Object(
  {
    items: Type.Array(
      Type.Object(
        {
          kind: Type.String({ maxLength: 32, description: 'Kind of the resource, such as `rule`.' }),
          parent: Type.Optional(Name),
          name: Type.String({ minLength: 1, maxLength: 127 }),
          digest: Type.String({ maxLength: 64, description: 'Of what the wiring said when it was applied.' }),
          revision: Type.Integer({ minimum: 0, description: 'Of the resource after it was applied.' }),
        },
        { additionalProperties: false },
      ),
      { maxItems: 2_000, description: 'What the wiring owns: it is deleted when the wiring has it no more.' },
    ),
  },
  { additionalProperties: false },
)
const WiringResource = ResourceSchema(WiringSpec)

/** `/wirings`: what each named wiring file has brought here, so that it can be compared, and taken away. */
export function wiringRoutes(app: Application, services: Services): void {
  const documents = services.resources.foreign.of('wiring', 'applied')

  app.get('/wirings', { schema: listWirings }, async request => {
    const { items, next } = await documents.list(request.principal.account, request.query)
    return { items: items.map(asResource), next }
  })

  app.get('/wirings/:name', { schema: getWiring }, async (request, reply) =>
    sendResource(reply, asResource(await documents.get(request.principal.account, request.params.name))),
  )

  app.put('/wirings/:name', { schema: putWiring }, async (request, reply) => {
    const { principal, params, body, headers } = request
    const written = await documents.put(principal.account, params.name, body, expectedRevision(headers))
    return sendPut(reply, written.revision === 1, asResource(written))
  })

  app.delete('/wirings/:name', { schema: deleteWiring }, async (request, reply) => {
    await documents.delete(request.principal.account, request.params.name)
    return reply.code(204).send()
  })
}

function asResource({ value, ...document }: ForeignDocument) {
  return { ...document, spec: value as Static<typeof WiringSpec> }
}

const listWirings = operation({
  id: 'listWirings',
  access: needs('millrace:ListWirings', 'wiring/*'),
  tag,
  summary: 'Lists the named wirings that were applied, by name.',
  query: PageQuery,
  answers: { 200: { description: 'One page.', schema: PageSchema(WiringResource) } },
})

const getWiring = operation({
  id: 'getWiring',
  access: needs('millrace:GetWiring', 'wiring/:name'),
  tag,
  summary: 'Reads what a wiring has brought here.',
  params: NamedParams,
  answers: { 200: { description: 'The wiring.', schema: WiringResource } },
  refusals: { 404: ['resource.not-found'] },
})

const putWiring = operation({
  id: 'putWiring',
  access: needsToPut('millrace:CreateWiring', 'millrace:UpdateWiring', 'wiring/:name'),
  tag,
  summary: 'Notes what a wiring has brought here; `millrace apply` does.',
  description: 'Changes no resource. `If-Match` and `If-None-Match: *` are honoured.',
  params: NamedParams,
  body: WiringSpec,
  answers: {
    200: { description: 'It was there before.', schema: PutSchema(WiringSpec) },
    201: { description: 'It is new.', schema: PutSchema(WiringSpec) },
  },
  refusals: { 412: ['resource.conflict'], 429: ['resource.limit-exceeded'], 507: ['storage.full'] },
})

const deleteWiring = operation({
  id: 'deleteWiring',
  access: needs('millrace:DeleteWiring', 'wiring/:name'),
  tag,
  summary: 'Forgets what a wiring has brought here; the resources stay.',
  params: NamedParams,
  answers: { 204: { description: 'It is forgotten.', schema: null } },
})
