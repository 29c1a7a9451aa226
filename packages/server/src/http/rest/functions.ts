import { Type } from 'typebox'
import { FunctionSpec, Name, Qualifier } from '../../resources/index.ts'
import type { Application } from '../application.ts'
import type { Services } from '../services.ts'
import { needs, needsToPut } from '../access.ts'
import { checkPass } from '../pass-role.ts'
import { factsOf } from '../request-facts.ts'
import { operation } from './operation.ts'
import { expectedRevision, publicResource, sendPut, sendResource } from './precondition.ts'
import { storedSpec, unmasked } from './shown-secrets.ts'
import { PageQuery, PageSchema, PutSchema, ResourceSchema } from './resource-schemas.ts'

const tag = 'functions'
const FunctionResource = ResourceSchema(FunctionSpec)
export const FunctionParams = Type.Object({ function: Name })

/** `/functions`: definitions. Code is uploaded apart, under the name of its content. */
export function functionRoutes(app: Application, services: Services): void {
  const { functions } = services.resources

  app.get('/functions', { schema: listFunctions }, request => {
    const { items, next } = functions.list(request.principal.account, request.query)
    return { items: items.map(publicResource), next }
  })

  app.get('/functions/:function', { schema: getFunction }, (request, reply) =>
    sendResource(
      reply,
      functions.form(request.principal.account, request.params.function, request.query.qualifier),
    ),
  )

  app.put('/functions/:function', { schema: putFunction }, async (request, reply) => {
    const { account } = request.principal
    const { function: name } = request.params
    const { role } = request.body
    const passed = { roles: role === undefined ? [] : [role], service: 'fc.aliyuncs.com' } as const
    checkPass(services, request.principal, passed, factsOf(request.raw))
    const stored = storedSpec(() => functions.get(account, name))
    const spec = unmasked(request.body, stored)
    const { created } = await functions.put(account, name, spec, expectedRevision(request.headers))
    return sendPut(reply, created, functions.get(account, name))
  })

  app.delete('/functions/:function', { schema: deleteFunction }, async (request, reply) => {
    const { function: name } = request.params
    const { force } = request.query
    await functions.delete(request.principal.account, name, expectedRevision(request.headers), { force })
    return reply.code(204).send()
  })

  app.get('/functions/:function/status', { schema: getFunctionStatus }, request => {
    const { account } = request.principal
    const { function: name } = request.params
    return { name, ...services.functions.status(account, name) }
  })
}

const listFunctions = operation({
  id: 'listFunctions',
  access: needs('fc:ListFunctions', 'functions/*'),
  tag,
  summary: 'Lists the functions of the account by name.',
  query: PageQuery,
  answers: { 200: { description: 'One page.', schema: PageSchema(FunctionResource) } },
})

const getFunction = operation({
  id: 'getFunction',
  access: needs('fc:GetFunction', 'functions/:function'),
  tag,
  summary: 'Reads the definition of a function.',
  description:
    'By an alias: of the version that it points to. Values of the environment are shown as asterisks; written back, they keep what is stored.',
  params: FunctionParams,
  query: Type.Object({ qualifier: Type.Optional(Qualifier) }, { additionalProperties: false }),
  answers: { 200: { description: 'The function.', schema: FunctionResource } },
  refusals: { 404: ['resource.not-found'] },
})

const putFunction = operation({
  id: 'putFunction',
  access: needsToPut('fc:CreateFunction', 'fc:UpdateFunction', 'functions/:function'),
  tag,
  summary: 'Creates a function or replaces its definition.',
  description:
    'Refuses what could never run: unknown code or runtime, a handler that is not in the code. A `role`, whether it is given or was there, needs `ram:PassRole`.',
  params: FunctionParams,
  body: FunctionSpec,
  answers: {
    200: { description: 'It was there before.', schema: PutSchema(FunctionSpec) },
    201: { description: 'It is new.', schema: PutSchema(FunctionSpec) },
  },
  refusals: {
    400: [
      'http.invalid-request',
      'function.invalid',
      'function.code-not-found',
      'function.runtime-unknown',
      'function.layer-not-found',
      'function.layer-incompatible',
      'role.*',
    ],
    412: ['resource.conflict'],
    429: ['resource.limit-exceeded'],
    507: ['storage.full'],
  },
})

const deleteFunction = operation({
  id: 'deleteFunction',
  access: needs('fc:DeleteFunction', 'functions/:function'),
  tag,
  summary: 'Deletes a function with its versions, aliases and settings.',
  params: FunctionParams,
  query: Type.Object(
    {
      force: Type.Boolean({ default: false, description: 'Also when it has triggers, which go with it.' }),
    },
    { additionalProperties: false },
  ),
  answers: { 204: { description: 'It is gone.', schema: null } },
  refusals: { 404: ['resource.not-found'], 409: ['resource.in-use'], 412: ['resource.conflict'] },
})

const getFunctionStatus = operation({
  id: 'getFunctionStatus',
  access: needs('fc:GetFunction', 'functions/:function'),
  tag,
  summary: 'Tells which instances of a function run, and how many invocations wait.',
  params: FunctionParams,
  answers: {
    200: {
      description: 'The state of this node.',
      schema: Type.Object({
        name: Type.String(),
        revision: Type.Integer(),
        waiting: Type.Integer(),
        instances: Type.Array(Type.Object({}, { additionalProperties: true })),
      }),
    },
  },
  refusals: { 404: ['resource.not-found', 'function.not-found'] },
})
