import { AppError, retryNever } from '@millrace/spi'
import { type TSchema, Type } from 'typebox'
import { duplicateMember, systemPolicies } from '../../auth/index.ts'
import { GroupSpec, type NamedStore, PolicySpec, RoleSpec, UserSpec } from '../../resources/index.ts'
import { type AccessRule, needs, needsToPut } from '../access.ts'
import type { Application } from '../application.ts'
import type { Services } from '../services.ts'
import { operation } from './operation.ts'
import { expectedRevision, publicResource, sendPut, sendResource } from './precondition.ts'
import { NamedParams, PageQuery, PageSchema, PutSchema, ResourceSchema } from './resource-schemas.ts'

/** What differs between the kinds of documents of identity. */
interface IdentityRoutes {
  /** Of the path, in plural. */
  readonly path: string
  /** As actions, ARNs and ids of operations call one and many. */
  readonly id: readonly [string, string]
  readonly title: readonly [string, string]
  readonly Spec: TSchema
  readonly isAttached: boolean
}

const kinds = {
  users: {
    path: 'users',
    id: ['User', 'Users'],
    title: ['a user', 'users'],
    Spec: UserSpec,
    isAttached: true,
  },
  groups: {
    path: 'groups',
    id: ['Group', 'Groups'],
    title: ['a group of users', 'groups of users'],
    Spec: GroupSpec,
    isAttached: true,
  },
  roles: {
    path: 'roles',
    id: ['Role', 'Roles'],
    title: ['a role', 'roles'],
    Spec: RoleSpec,
    isAttached: true,
  },
  policies: {
    path: 'policies',
    id: ['Policy', 'Policies'],
    title: ['a policy', 'policies'],
    Spec: PolicySpec,
    isAttached: false,
  },
} as const satisfies Record<string, IdentityRoutes>

/** `/users`, `/groups`, `/roles` and `/policies`: who there is, and what they may do. */
export function identityRoutes(app: Application, services: Services): void {
  const { users, groups, roles, policies } = services.resources
  namedRoutes(app, users, kinds.users)
  namedRoutes(app, groups, kinds.groups)
  namedRoutes(app, roles, kinds.roles)
  namedRoutes(app, policies, kinds.policies)
  app.get('/system-policies', { schema: listSystemPolicies }, () => ({
    items: [...systemPolicies()].map(([name, { document }]) => ({ name, document })),
  }))
}

function namedRoutes<Spec extends object>(
  app: Application,
  store: NamedStore<Spec>,
  routes: IdentityRoutes,
): void {
  const schemas = operationsOf(routes)
  const all = `/${routes.path}`
  const one = `${all}/:name`

  app.get(all, { schema: schemas.list }, request => {
    const { items, next } = store.list(request.principal.account, request.query)
    return { items: items.map(publicResource), next }
  })

  app.get(one, { schema: schemas.get }, (request, reply) =>
    sendResource(reply, store.get(request.principal.account, request.params.name)),
  )

  app.put(one, { schema: schemas.put }, async (request, reply) => {
    checkOnce(request.jsonText)
    const { account } = request.principal
    const { name } = request.params
    const { created } = await store.put(account, name, request.body, expectedRevision(request.headers))
    return sendPut(reply, created, store.get(account, name))
  })

  app.delete(one, { schema: schemas.delete }, async (request, reply) => {
    const { name } = request.params
    await store.delete(request.principal.account, name, expectedRevision(request.headers))
    return reply.code(204).send()
  })
}

/** A member that is there twice would count as its last; in a policy that could widen what it allows. */
function checkOnce(jsonText: Buffer | undefined): void {
  const twice = jsonText === undefined ? undefined : duplicateMember(jsonText.toString())
  if (twice === undefined) return
  throw new AppError('policy.duplicate-member', `${twice} is there twice`, retryNever, {
    details: { path: twice },
  })
}

function operationsOf({ id, title, Spec, isAttached }: IdentityRoutes) {
  const [one, many] = id
  const resource = `${one.toLowerCase()}/:name`
  const tag = 'identity'
  const attaching: readonly AccessRule[] = isAttached ? needs(`ram:AttachPolicyTo${one}`, resource) : []
  return {
    list: operation({
      id: `list${many}`,
      access: needs(`ram:List${many}`, `${one.toLowerCase()}/*`),
      tag,
      summary: `Lists ${title[1]} by name.`,
      query: PageQuery,
      answers: { 200: { description: 'One page.', schema: PageSchema(ResourceSchema(Spec)) } },
    }),
    get: operation({
      id: `get${one}`,
      access: needs(`ram:Get${one}`, resource),
      tag,
      summary: `Reads ${title[0]}.`,
      params: NamedParams,
      answers: { 200: { description: 'As it is now.', schema: ResourceSchema(Spec) } },
      refusals: { 404: ['resource.not-found'] },
    }),
    put: operation({
      id: `put${one}`,
      access: [...needsToPut(`ram:Create${one}`, `ram:Update${one}`, resource), ...attaching],
      tag,
      summary: `Writes ${title[0]}; in force at once.`,
      params: NamedParams,
      body: Spec,
      answers: {
        200: { description: 'It was there before.', schema: PutSchema(Spec) },
        201: { description: 'It is new.', schema: PutSchema(Spec) },
      },
      refusals: {
        400: ['identity.invalid', 'policy.*', 'resource.name-invalid'],
        412: ['resource.conflict'],
        429: ['resource.limit-exceeded'],
        507: ['storage.full'],
      },
    }),
    delete: operation({
      id: `delete${one}`,
      access: needs(`ram:Delete${one}`, resource),
      tag,
      summary: `Deletes ${title[0]}.`,
      params: NamedParams,
      answers: { 204: { description: 'It is gone.', schema: null } },
      refusals: { 404: ['resource.not-found'], 409: ['resource.in-use'], 412: ['resource.conflict'] },
    }),
  }
}

const listSystemPolicies = operation({
  id: 'listSystemPolicies',
  access: needs('ram:ListPolicies', 'policy/*'),
  tag: 'identity',
  summary: 'Lists the policies that every account has.',
  answers: {
    200: {
      description: 'With their documents.',
      schema: Type.Object({
        items: Type.Array(
          Type.Object({ name: Type.String(), document: Type.Object({}, { additionalProperties: true }) }),
        ),
      }),
    },
  },
})
