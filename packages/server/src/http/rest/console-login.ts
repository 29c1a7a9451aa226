import { Type } from 'typebox'
import { actorArn, type ConsoleSession, passwordLengthMax, passwordLengthMin } from '../../auth/index.ts'
import { notFound } from '../../resources/index.ts'
import { needs } from '../access.ts'
import type { Application } from '../application.ts'
import type { Services } from '../services.ts'
import { operation } from './operation.ts'
import { NamedParams } from './resource-schemas.ts'

const tag = 'identity'

/** Passwords of users for the console, and who is signed in to it. */
export function consoleLoginRoutes(app: Application, { login, resources }: Services): void {
  const { passwords, sessions } = login

  app.get(
    '/users/:name/password',
    { schema: getPassword },
    ({ principal: { account }, params: { name } }) => {
      resources.users.get(account, name)
      const changedAtMs = passwords.changedAtMs(account, name)
      if (changedAtMs === undefined) throw notFound('password of', name)
      return { changedAtMs }
    },
  )

  app.put('/users/:name/password', { schema: putPassword }, async ({ principal, params: { name }, body }) => {
    const { account } = principal
    resources.users.get(account, name)
    const { changedAtMs } = await passwords.set(account, name, body.password)
    return { changedAtMs, sessionsEnded: await sessions.revokeUser(account, name) }
  })

  app.delete('/users/:name/password', { schema: deletePassword }, async (request, reply) => {
    const { account } = request.principal
    const { name } = request.params
    resources.users.get(account, name)
    if (!(await passwords.remove(account, name))) throw notFound('password of', name)
    await sessions.revokeUser(account, name)
    return reply.code(204).send()
  })

  app.get('/console-sessions', { schema: listSessions }, ({ principal: { account } }) => ({
    items: sessions.list(account).map(shown),
  }))

  app.delete('/console-sessions/:id', { schema: revokeSession }, async (request, reply) => {
    const { id } = request.params
    if (!(await sessions.revoke(request.principal.account, id))) throw notFound('session', id)
    return reply.code(204).send()
  })
}

function shown({ id, owner, createdAtMs, seenAtMs, endsAtMs }: ConsoleSession) {
  const { account, actor, way } = owner
  return { id, principal: actorArn(account, actor), way, createdAtMs, seenAtMs, endsAtMs }
}

const AtMs = Type.Integer({ description: 'Milliseconds since the epoch.' })

const getPassword = operation({
  id: 'getPassword',
  access: needs('ram:GetLoginProfile', 'user/:name'),
  tag,
  summary: 'Tells whether a user has a password for the console, and since when.',
  params: NamedParams,
  answers: {
    200: { description: 'There is one.', schema: Type.Object({ changedAtMs: AtMs }) },
  },
  refusals: { 404: ['resource.not-found'] },
})

const putPassword = operation({
  id: 'putPassword',
  access: needs('ram:UpdateLoginProfile', 'user/:name'),
  tag,
  summary: 'Sets the password of a user for the console, and ends their sessions.',
  description: 'It is kept as a hash, and nobody can read it again.',
  params: NamedParams,
  body: Type.Object(
    {
      password: Type.String({
        minLength: 1,
        maxLength: 1_024,
        description: `${passwordLengthMin} to ${passwordLengthMax} characters.`,
      }),
    },
    { additionalProperties: false },
  ),
  answers: {
    200: {
      description: 'In force at once.',
      schema: Type.Object({ changedAtMs: AtMs, sessionsEnded: Type.Integer() }),
    },
  },
  refusals: {
    400: ['login.password-invalid'],
    404: ['resource.not-found'],
    503: ['login.busy'],
    507: ['storage.full'],
  },
})

const deletePassword = operation({
  id: 'deletePassword',
  access: needs('ram:DeleteLoginProfile', 'user/:name'),
  tag,
  summary: 'Takes the password of a user away, and ends their sessions.',
  params: NamedParams,
  answers: { 204: { description: 'It is gone.', schema: null } },
  refusals: { 404: ['resource.not-found'] },
})

const listSessions = operation({
  id: 'listConsoleSessions',
  access: needs('ram:ListConsoleSessions', 'console-session/*'),
  tag,
  summary: 'Lists who is signed in to the console, the newest first.',
  answers: {
    200: {
      description: 'All that have not ended.',
      schema: Type.Object({
        items: Type.Array(
          Type.Object({
            id: Type.String(),
            principal: Type.String(),
            way: Type.String({ description: '`password`, `key` or `oidc`.' }),
            createdAtMs: AtMs,
            seenAtMs: AtMs,
            endsAtMs: AtMs,
          }),
        ),
      }),
    },
  },
})

const revokeSession = operation({
  id: 'revokeConsoleSession',
  access: needs('ram:DeleteConsoleSession', 'console-session/:id'),
  tag,
  summary: 'Ends a session of the console.',
  params: Type.Object({ id: Type.String({ maxLength: 64, description: 'As the list has it.' }) }),
  answers: { 204: { description: 'It has ended.', schema: null } },
  refusals: { 404: ['resource.not-found'] },
})
