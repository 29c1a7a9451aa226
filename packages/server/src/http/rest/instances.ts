import { InstanceSpec } from '../../resources/index.ts'
import type { Application } from '../application.ts'
import type { Services } from '../services.ts'
import { needs, needsToPut } from '../access.ts'
import { operation } from './operation.ts'
import { expectedRevision, publicResource, sendPut, sendResource } from './precondition.ts'
import { NamedParams, PageQuery, PageSchema, PutSchema, ResourceSchema } from './resource-schemas.ts'

const tag = 'instances'
const InstanceResource = ResourceSchema(InstanceSpec)

/** `/instances`: named external systems. */
export function instanceRoutes(app: Application, services: Services): void {
  const { instances } = services.resources

  app.get('/instances', { schema: listInstances }, request => {
    const { items, next } = instances.list(request.principal.account, request.query)
    return { items: items.map(publicResource), next }
  })

  app.get('/instances/:name', { schema: getInstance }, (request, reply) =>
    sendResource(reply, instances.get(request.principal.account, request.params.name)),
  )

  app.put('/instances/:name', { schema: putInstance }, async (request, reply) => {
    const { account } = request.principal
    const { name } = request.params
    const { created } = await instances.put(account, name, request.body, expectedRevision(request.headers))
    return sendPut(reply, created, instances.get(account, name))
  })

  app.delete('/instances/:name', { schema: deleteInstance }, async (request, reply) => {
    const { name } = request.params
    await instances.delete(request.principal.account, name, expectedRevision(request.headers))
    return reply.code(204).send()
  })
}

const listInstances = operation({
  id: 'listInstances',
  access: needs('millrace:ListInstances', 'instance/*'),
  tag,
  summary: 'Lists the external systems of the account by name; secrets are sealed.',
  query: PageQuery,
  answers: { 200: { description: 'One page.', schema: PageSchema(InstanceResource) } },
})

const getInstance = operation({
  id: 'getInstance',
  access: needs('millrace:GetInstance', 'instance/:name'),
  tag,
  summary: 'Reads what is known of an external system; secrets are sealed.',
  params: NamedParams,
  answers: { 200: { description: 'The instance.', schema: InstanceResource } },
  refusals: { 404: ['resource.not-found'] },
})

const putInstance = operation({
  id: 'putInstance',
  access: needsToPut('millrace:CreateInstance', 'millrace:UpdateInstance', 'instance/:name'),
  tag,
  summary: 'Names an external system, or changes where it is and how to get in.',
  description:
    'Secrets may be given in the clear, or sealed as they were read. Streams that name the instance are restarted by a change.',
  params: NamedParams,
  body: InstanceSpec,
  answers: {
    200: { description: 'It was there before.', schema: PutSchema(InstanceSpec) },
    201: { description: 'It is new.', schema: PutSchema(InstanceSpec) },
  },
  refusals: {
    400: [
      'http.invalid-request',
      'resource.name-invalid',
      'options.invalid',
      'plugin.unknown',
      'plugin.unsuitable',
    ],
    412: ['resource.conflict'],
    429: ['resource.limit-exceeded'],
    507: ['storage.full'],
  },
})

const deleteInstance = operation({
  id: 'deleteInstance',
  access: needs('millrace:DeleteInstance', 'instance/:name'),
  tag,
  summary: 'Forgets an external system that no stream and no rule names.',
  params: NamedParams,
  answers: { 204: { description: 'It is gone.', schema: null } },
  refusals: { 404: ['resource.not-found'], 409: ['resource.in-use'], 412: ['resource.conflict'] },
})
