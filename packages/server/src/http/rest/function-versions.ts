import { Type } from 'typebox'
import { FunctionSpec, Name, type VersionView } from '../../resources/index.ts'
import type { Application } from '../application.ts'
import type { Services } from '../services.ts'
import { FunctionParams } from './functions.ts'
import { needs } from '../access.ts'
import { operation } from './operation.ts'
import { shown } from './shown-secrets.ts'
import { PageQuery, PageSchema } from './resource-schemas.ts'

const tag = 'functions'
const Version = Type.String({ pattern: '^[1-9][0-9]{0,8}$', description: 'Number of a published version.' })
const versionMembers = {
  version: Version,
  description: Type.String(),
  createdAtMs: Type.Integer({ description: 'Milliseconds since the epoch.' }),
}
const VersionParams = Type.Object({ function: Name, version: Version })

/** `/functions/…/versions`: what `LATEST` was when each was published, for good. */
export function functionVersionRoutes(app: Application, { resources: { versions } }: Services): void {
  app.post('/functions/:function/versions', { schema: publishVersion }, async (request, reply) => {
    const { account } = request.principal
    const { description } = request.body
    const published = await versions.publish(account, request.params.function, description)
    return reply.code(201).send(listed(published))
  })

  app.get('/functions/:function/versions', { schema: listVersions }, request => {
    const { account } = request.principal
    const { items, next } = versions.list(account, request.params.function, request.query)
    return { items: items.map(listed), next }
  })

  app.get('/functions/:function/versions/:version', { schema: getVersion }, request => {
    const { function: name, version } = request.params
    const found = versions.get(request.principal.account, name, version)
    return { ...listed(found), spec: shown(found.deployment.spec) }
  })

  app.delete('/functions/:function/versions/:version', { schema: deleteVersion }, async (request, reply) => {
    const { function: name, version } = request.params
    await versions.delete(request.principal.account, name, version)
    return reply.code(204).send()
  })
}

function listed({ version, description, createdAtMs }: VersionView) {
  return { version, description, createdAtMs }
}

const publishVersion = operation({
  id: 'publishVersion',
  access: needs('fc:PublishFunctionVersion', 'functions/:function/versions'),
  tag,
  summary: 'Keeps the latest definition of a function under the next number.',
  description: 'A version never changes and its number is never given again.',
  params: FunctionParams,
  body: Type.Object(
    { description: Type.String({ default: '', maxLength: 256 }) },
    { additionalProperties: false, default: {} },
  ),
  answers: { 201: { description: 'The version.', schema: Type.Object(versionMembers) } },
  refusals: {
    404: ['resource.not-found'],
    409: ['resource.unchanged'],
    429: ['resource.limit-exceeded'],
    507: ['storage.full'],
  },
})

const listVersions = operation({
  id: 'listVersions',
  access: needs('fc:ListFunctionVersions', 'functions/:function/versions/*'),
  tag,
  summary: 'Lists the published versions of a function.',
  params: FunctionParams,
  query: Type.Object(
    {
      ...PageQuery.properties,
      order: Type.Union([Type.Literal('newest'), Type.Literal('oldest')], {
        default: 'newest',
        description: 'What comes first.',
      }),
    },
    { additionalProperties: false },
  ),
  answers: { 200: { description: 'One page.', schema: PageSchema(Type.Object(versionMembers)) } },
  refusals: { 404: ['resource.not-found'] },
})

const getVersion = operation({
  id: 'getVersion',
  access: needs('fc:GetFunction', 'functions/:function'),
  tag,
  summary: 'Reads a published version with its definition.',
  params: VersionParams,
  answers: {
    200: { description: 'The version.', schema: Type.Object({ ...versionMembers, spec: FunctionSpec }) },
  },
  refusals: { 404: ['resource.not-found'] },
})

const deleteVersion = operation({
  id: 'deleteVersion',
  access: needs('fc:DeleteFunctionVersion', 'functions/:function/versions/:version'),
  tag,
  summary: 'Deletes a published version.',
  description: 'Aliases and triggers that name it stay; calls by them find nothing from then on.',
  params: VersionParams,
  answers: { 204: { description: 'It is gone.', schema: null } },
  refusals: { 404: ['resource.not-found'] },
})
