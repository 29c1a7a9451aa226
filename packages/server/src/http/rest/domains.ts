import { Type } from 'typebox'
import { DomainSpec } from '../../resources/index.ts'
import type { Application } from '../application.ts'
import type { Services } from '../services.ts'
import { needs, needsToPut } from '../access.ts'
import { operation } from './operation.ts'
import { expectedRevision, publicResource, sendPut, sendResource } from './precondition.ts'
import { storedSpec, unmasked } from './shown-secrets.ts'
import { PageQuery, PageSchema, PutSchema, ResourceSchema } from './resource-schemas.ts'

const tag = 'domains'
const Host = Type.String({
  minLength: 1,
  maxLength: 255,
  description: 'A host name: exact, or with `*.` for one label.',
})
const DomainParams = Type.Object({ host: Host })
const Domain = Type.Object({ ...ResourceSchema(DomainSpec).properties, name: Host })
const PutDomain = Type.Object({ ...PutSchema(DomainSpec).properties, name: Host })

/** `/domains`: host names whose paths lead to functions. */
export function domainRoutes(app: Application, { resources: { domains } }: Services): void {
  app.get('/domains', { schema: listDomains }, request => {
    const { items, next } = domains.list(request.principal.account, request.query)
    return { items: items.map(publicResource), next }
  })

  app.get('/domains/:host', { schema: getDomain }, (request, reply) =>
    sendResource(reply, domains.get(request.principal.account, request.params.host)),
  )

  app.put('/domains/:host', { schema: putDomain }, async (request, reply) => {
    const { account } = request.principal
    const { host } = request.params
    const stored = storedSpec(() => domains.get(account, host))
    const spec = unmasked(request.body, stored)
    const { created } = await domains.put(account, host, spec, expectedRevision(request.headers))
    return sendPut(reply, created, domains.get(account, host))
  })

  app.delete('/domains/:host', { schema: deleteDomain }, async (request, reply) => {
    const { host } = request.params
    await domains.delete(request.principal.account, host, expectedRevision(request.headers))
    return reply.code(204).send()
  })
}

const listDomains = operation({
  id: 'listDomains',
  access: needs('fc:ListCustomDomains', 'custom-domains/*'),
  tag,
  summary: 'Lists the domains of the account by host.',
  query: Type.Object(
    { ...PageQuery.properties, after: Type.Optional(Host) },
    { additionalProperties: false },
  ),
  answers: { 200: { description: 'One page.', schema: PageSchema(Domain) } },
})

const getDomain = operation({
  id: 'getDomain',
  access: needs('fc:GetCustomDomain', 'custom-domains/:host'),
  tag,
  summary: 'Reads the routes of a domain.',
  description: 'Secrets are shown as asterisks; written back, they keep what is stored.',
  params: DomainParams,
  answers: { 200: { description: 'The domain.', schema: Domain } },
  refusals: { 404: ['resource.not-found'] },
})

const putDomain = operation({
  id: 'putDomain',
  access: needsToPut('fc:CreateCustomDomain', 'fc:UpdateCustomDomain', 'custom-domains/:host'),
  tag,
  summary: 'Creates a domain or replaces its routes.',
  params: DomainParams,
  body: DomainSpec,
  answers: {
    200: { description: 'It was there before.', schema: PutDomain },
    201: { description: 'It is new.', schema: PutDomain },
  },
  refusals: {
    400: ['http.invalid-request', 'resource.name-invalid', 'domain.invalid'],
    409: ['domain.taken'],
    412: ['resource.conflict'],
    429: ['resource.limit-exceeded'],
    507: ['storage.full'],
  },
})

const deleteDomain = operation({
  id: 'deleteDomain',
  access: needs('fc:DeleteCustomDomain', 'custom-domains/:host'),
  tag,
  summary: 'Deletes a domain.',
  params: DomainParams,
  answers: { 204: { description: 'It is gone.', schema: null } },
  refusals: { 404: ['resource.not-found'], 412: ['resource.conflict'] },
})
