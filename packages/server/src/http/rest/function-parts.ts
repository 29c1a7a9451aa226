import { type TSchema, Type } from 'typebox'
import {
  AliasSpec,
  AsyncSpec,
  Name,
  type PartStore,
  Qualifier,
  ScalingSpec,
  TriggerSpec,
} from '../../resources/index.ts'
import type { Application } from '../application.ts'
import type { Services } from '../services.ts'
import { type AccessRule, needs, needsToPut } from '../access.ts'
import { operation } from './operation.ts'
import { expectedRevision, publicResource, sendPut, sendResource } from './precondition.ts'
import { storedSpec, unmasked } from './shown-secrets.ts'
import { PageQuery, PageSchema, PutSchema, ResourceSchema } from './resource-schemas.ts'

/** `/functions/…/aliases`, `/triggers`, `/async` and `/scaling`: what a function has besides its definition. */
export function functionPartRoutes(app: Application, { resources }: Services): void {
  partRoutes(app, resources.aliases, {
    path: 'aliases',
    id: ['Alias', 'Aliases'],
    access: named('Alias', 'Aliases', 'aliases/:alias'),
    title: ['an alias', 'aliases'],
    parameter: 'alias',
    Name: Qualifier,
    Spec: AliasSpec,
    refusals: ['function.setting-invalid'],
  })
  partRoutes(app, resources.triggers, {
    path: 'triggers',
    id: ['Trigger', 'Triggers'],
    access: named('Trigger', 'Triggers', 'triggers/:trigger'),
    title: ['a trigger', 'triggers'],
    parameter: 'trigger',
    Name,
    Spec: TriggerSpec,
    refusals: ['function.setting-invalid', 'schedule.invalid'],
    taken: ['function.trigger-duplicate'],
  })
  partRoutes(app, resources.async, {
    path: 'async',
    id: ['AsyncSetting', 'AsyncSettings'],
    access: setting('FunctionAsyncInvokeConfig'),
    title: ['how asynchronous calls by a qualifier are made', 'settings of asynchronous calls'],
    parameter: 'qualifier',
    Name: Qualifier,
    Spec: AsyncSpec,
    refusals: ['function.setting-invalid', 'rule.sink-invalid', 'plugin.unknown', 'options.invalid'],
  })
  partRoutes(app, resources.scaling, {
    path: 'scaling',
    id: ['ScalingSetting', 'ScalingSettings'],
    access: setting('ScalingConfig'),
    title: ['how many instances are kept for a qualifier', 'settings of kept instances'],
    parameter: 'qualifier',
    Name: Qualifier,
    Spec: ScalingSpec,
    refusals: ['function.setting-invalid', 'schedule.invalid'],
  })
}

interface PartRoutes {
  readonly path: string
  /** Last word of the ids of the operations: of one, of many. */
  readonly id: readonly [string, string]
  /** What each of the operations needs. */
  readonly access: Readonly<Record<'list' | 'get' | 'put' | 'delete', readonly AccessRule[]>>
  /** In summaries: one, many. */
  readonly title: readonly [string, string]
  /** Name of the path's last parameter. */
  readonly parameter: string
  readonly Name: TSchema
  readonly Spec: TSchema
  /** Codes with which a spec is refused. */
  readonly refusals: readonly string[]
  readonly taken?: readonly string[]
}

/** Parts that are resources of their own. */
function named(one: string, many: string, path: string): PartRoutes['access'] {
  const part = `functions/:function/${path}`
  return {
    list: needs(`fc:List${many}`, part.replace(/:\w+$/, '*')),
    get: needs(`fc:Get${one}`, part),
    put: needsToPut(`fc:Create${one}`, `fc:Update${one}`, part),
    delete: needs(`fc:Delete${one}`, part),
  }
}

/** Parts that belong to the function. */
function setting(name: string): PartRoutes['access'] {
  const resource = 'functions/:function'
  return {
    list: needs(`fc:List${name}s`, resource),
    get: needs(`fc:Get${name}`, resource),
    put: needs(`fc:Put${name}`, resource),
    delete: needs(`fc:Delete${name}`, resource),
  }
}

function partRoutes<Spec>(app: Application, store: PartStore<Spec>, routes: PartRoutes): void {
  const schemas = partOperations(routes)
  const { parameter } = routes
  const all = `/functions/:function/${routes.path}`
  const one = `${all}/:${parameter}`
  const names = (params: unknown): [string, string] => {
    const texts = params as Readonly<Record<string, string>>
    return [texts['function'] ?? '', texts[parameter] ?? '']
  }

  app.get(all, { schema: schemas.list }, request => {
    const [functionName] = names(request.params)
    const { items, next } = store.list(request.principal.account, functionName, request.query)
    return { items: items.map(publicResource), next }
  })

  app.get(one, { schema: schemas.get }, (request, reply) =>
    sendResource(reply, store.get(request.principal.account, ...names(request.params))),
  )

  app.put(one, { schema: schemas.put }, async (request, reply) => {
    const { account } = request.principal
    const [functionName, name] = names(request.params)
    const expected = expectedRevision(request.headers)
    const stored = storedSpec(() => store.get(account, functionName, name))
    const spec = unmasked(request.body, stored)
    const { created } = await store.put(account, functionName, name, spec, expected)
    return sendPut(reply, created, store.get(account, functionName, name))
  })

  app.delete(one, { schema: schemas.delete }, async (request, reply) => {
    const [functionName, name] = names(request.params)
    const expected = expectedRevision(request.headers)
    await store.delete(request.principal.account, functionName, name, expected)
    return reply.code(204).send()
  })
}

function partOperations({ id, access, title, parameter, Name: PartName, Spec, refusals, taken }: PartRoutes) {
  const tag = 'functions'
  const Named = Type.Object({ name: PartName })
  const Part = Type.Object({ ...ResourceSchema(Spec).properties, ...Named.properties })
  const params = Type.Object({ function: Name, [parameter]: PartName })
  return {
    list: operation({
      id: `list${id[1]}`,
      access: access.list,
      tag,
      summary: `Lists ${title[1]} of a function by name.`,
      params: Type.Object({ function: Name }),
      query: PageQuery,
      answers: { 200: { description: 'One page.', schema: PageSchema(Part) } },
      refusals: { 404: ['resource.not-found'] },
    }),
    get: operation({
      id: `get${id[0]}`,
      access: access.get,
      tag,
      summary: `Reads ${title[0]}.`,
      params,
      answers: { 200: { description: 'As it is now.', schema: Part } },
      refusals: { 404: ['resource.not-found'] },
    }),
    put: operation({
      id: `put${id[0]}`,
      access: access.put,
      tag,
      summary: `Writes ${title[0]}.`,
      params,
      body: Spec,
      answers: {
        200: {
          description: 'It was there before.',
          schema: Type.Object({ ...PutSchema(Spec).properties, ...Named.properties }),
        },
        201: {
          description: 'It is new.',
          schema: Type.Object({ ...PutSchema(Spec).properties, ...Named.properties }),
        },
      },
      refusals: {
        400: ['http.invalid-request', 'resource.name-invalid', ...refusals],
        404: ['resource.not-found'],
        ...(taken === undefined ? {} : { 409: taken }),
        412: ['resource.conflict'],
        429: ['resource.limit-exceeded'],
        507: ['storage.full'],
      },
    }),
    delete: operation({
      id: `delete${id[0]}`,
      access: access.delete,
      tag,
      summary: `Takes away ${title[0]}.`,
      params,
      answers: { 204: { description: 'It is gone.', schema: null } },
      refusals: { 404: ['resource.not-found'], 412: ['resource.conflict'] },
    }),
  }
}
