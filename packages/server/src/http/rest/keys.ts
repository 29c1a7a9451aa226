import { Type } from 'typebox'
import { newAccessKey } from '../../auth/index.ts'
import { AccessKeyChange, type AccessKeyView, Name } from '../../resources/index.ts'
import { needs } from '../access.ts'
import type { Application } from '../application.ts'
import type { Services } from '../services.ts'
import { operation } from './operation.ts'
import { NamedParams } from './resource-schemas.ts'

const tag = 'identity'
const KeyParams = Type.Object({ name: Name, key: Type.String({ pattern: '^[A-Za-z0-9]{1,128}$' }) })

const keyMembers = {
  id: Type.String(),
  user: Name,
  description: Type.String(),
  disabled: Type.Boolean(),
  createdAtMs: Type.Integer({ description: 'Milliseconds since the epoch.' }),
  updatedAtMs: Type.Integer({ description: 'Milliseconds since the epoch.' }),
}
const AccessKey = Type.Object(keyMembers)

/** `/users/{name}/keys`: a new key beside the old one, then the old one disabled, then deleted. */
export function keyRoutes(app: Application, services: Services): void {
  const { accessKeys, users } = services.resources

  app.get('/users/:name/keys', { schema: listKeys }, request => {
    const { account } = request.principal
    users.get(account, request.params.name)
    return { items: accessKeys.list(account, request.params.name).map(shown) }
  })

  app.post('/users/:name/keys', { schema: createKey }, async (request, reply) => {
    const { id, secret } = newAccessKey()
    const made = { id, secret, description: request.body.description }
    const key = await accessKeys.create(request.principal.account, request.params.name, made)
    return reply.code(201).send({ ...shown(key), secret, token: `${id}.${secret}` })
  })

  app.patch('/users/:name/keys/:key', { schema: changeKey }, async request => {
    const { name, key } = request.params
    return shown(await accessKeys.change(request.principal.account, name, key, request.body))
  })

  app.delete('/users/:name/keys/:key', { schema: deleteKey }, async (request, reply) => {
    const { name, key } = request.params
    await accessKeys.delete(request.principal.account, name, key)
    return reply.code(204).send()
  })
}

/** Never the secret, sealed or not. */
function shown({ id, user, description, disabled, createdAtMs, updatedAtMs }: AccessKeyView) {
  return { id, user, description, disabled, createdAtMs, updatedAtMs }
}

const listKeys = operation({
  id: 'listAccessKeys',
  access: needs('ram:ListAccessKeys', 'user/:name'),
  tag,
  summary: 'Lists the keys of a user, the oldest first.',
  params: NamedParams,
  answers: {
    200: { description: 'Without secrets.', schema: Type.Object({ items: Type.Array(AccessKey) }) },
  },
  refusals: { 404: ['resource.not-found'] },
})

const createKey = operation({
  id: 'createAccessKey',
  access: needs('ram:CreateAccessKey', 'user/:name'),
  tag,
  summary: 'Makes a key of a user; its secret is shown this once.',
  params: NamedParams,
  body: Type.Object(
    { description: Type.String({ default: '', maxLength: 1_024, description: 'For people.' }) },
    { additionalProperties: false },
  ),
  answers: {
    201: {
      description: 'With the secret, which nobody can read again.',
      schema: Type.Object({
        ...keyMembers,
        secret: Type.String(),
        token: Type.String({ description: 'Id and secret as `Authorization: Bearer` carries them.' }),
      }),
    },
  },
  refusals: { 404: ['resource.not-found'], 429: ['resource.limit-exceeded'], 507: ['storage.full'] },
})

const changeKey = operation({
  id: 'changeAccessKey',
  access: needs('ram:UpdateAccessKey', 'user/:name'),
  tag,
  summary: 'Disables a key, or enables it again; in force at once.',
  params: KeyParams,
  body: AccessKeyChange,
  answers: { 200: { description: 'As it is now.', schema: AccessKey } },
  refusals: { 404: ['resource.not-found'], 507: ['storage.full'] },
})

const deleteKey = operation({
  id: 'deleteAccessKey',
  access: needs('ram:DeleteAccessKey', 'user/:name'),
  tag,
  summary: 'Deletes a key of a user.',
  params: KeyParams,
  answers: { 204: { description: 'It is gone.', schema: null } },
  refusals: { 404: ['resource.not-found'] },
})
