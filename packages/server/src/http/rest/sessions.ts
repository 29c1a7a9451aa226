import { Type } from 'typebox'
import { actorArn, type Actor } from '../../auth/index.ts'
import { tagsOfResource } from '../../resources/index.ts'
import { needs } from '../access.ts'
import type { Application } from '../application.ts'
import { assumeRole } from '../assume-role.ts'
import { factsOf } from '../request-facts.ts'
import type { Services } from '../services.ts'
import { operation } from './operation.ts'
import { NamedParams } from './resource-schemas.ts'

const tag = 'identity'
const Document = Type.Object({}, { additionalProperties: true })

/** Taking on roles, and finding out who one is and what decides. */
export function sessionRoutes(app: Application, services: Services): void {
  app.post('/roles/:name/sessions', { schema: createSession }, (request, reply) => {
    const { session, durationSeconds, policy, externalId } = request.body
    const { principal, params, raw } = request
    const made = assumeRole(
      services,
      principal,
      {
        account: principal.account,
        role: params.name,
        session,
        durationSeconds,
        externalId,
        policy: policy === undefined ? undefined : JSON.stringify(policy),
      },
      raw,
    )
    const role = actorArn(principal.account, {
      kind: 'session',
      role: params.name,
      session,
      expiresAtMs: made.expiresAtMs,
    })
    return reply.code(201).send({ ...made, principal: role })
  })

  app.get('/caller', { schema: getCaller }, ({ principal: { account, actor, keyId } }) => ({
    account,
    keyId,
    kind: actor.kind,
    principal: actorArn(account, actor),
    ...(actor.kind === 'session' ? { expiresAtMs: actor.expiresAtMs } : {}),
  }))

  app.post('/explain-access', { schema: explainAccess }, ({ principal: { account }, body, raw }) => {
    const { action, resource } = body
    const actor = actorOf(body.principal)
    if (actor.kind === 'user') services.resources.users.get(account, actor.name)
    if (actor.kind === 'session') services.resources.roles.get(account, actor.role)
    const resourceTags = (about: string) => tagsOfResource(services.resources.snapshots.current(), about)
    const given = body.requestTags
    const facts = {
      ...factsOf(raw),
      resourceTags,
      ...(given === undefined ? {} : { requestTags: () => given }),
    }
    return services.identity.authorizer.explain(account, actor, { action, resource }, facts)
  })
}

/** `user/alice`, `role/deploy` or `root`; the schema has made sure that it is one of them. */
function actorOf(text: string): Actor {
  const [kind, name = ''] = text.split('/')
  if (kind === 'user') return { kind, name }
  if (kind === 'role') return { kind: 'session', role: name, session: 'explained', expiresAtMs: Infinity }
  return { kind: 'root' }
}

const createSession = operation({
  id: 'createSession',
  // The trust of the role may ask for what is in the body.
  access: 'inside',
  tag,
  summary: 'Takes on a role for a while, and gets temporary credentials.',
  description:
    'Needs `sts:AssumeRole` on the role, and the trust of the role. Requests carry the token in `x-acs-security-token` beside the key.',
  params: NamedParams,
  body: Type.Object(
    {
      session: Type.String({
        pattern: '^[A-Za-z0-9.@_-]{2,64}$',
        description: 'Names the session in records and refusals.',
      }),
      durationSeconds: Type.Optional(
        Type.Integer({ minimum: 900, maximum: 43_200, description: 'An hour unless told.' }),
      ),
      policy: Type.Optional(
        Type.Unsafe<object>({ ...Document, description: 'What the session may do at most.' }),
      ),
      externalId: Type.Optional(Type.String({ pattern: '^[\\w+=,.@:/-]{2,1224}$' })),
    },
    { additionalProperties: false },
  ),
  answers: {
    201: {
      description: 'The credentials, which nobody can read again.',
      schema: Type.Object({
        accessKeyId: Type.String(),
        accessKeySecret: Type.String(),
        securityToken: Type.String(),
        expiresAtMs: Type.Integer({ description: 'Milliseconds since the epoch.' }),
        principal: Type.String(),
      }),
    },
  },
  refusals: { 400: ['sts.duration-invalid', 'policy.*'] },
})

const getCaller = operation({
  id: 'getCaller',
  access: 'authenticated',
  tag,
  summary: 'Tells who the caller is.',
  answers: {
    200: {
      description: 'By the key of the request.',
      schema: Type.Object({
        account: Type.String(),
        keyId: Type.String(),
        kind: Type.Union([Type.Literal('root'), Type.Literal('user'), Type.Literal('session')]),
        principal: Type.String({ description: 'The ARN by which policies know it.' }),
        expiresAtMs: Type.Optional(Type.Integer()),
      }),
    },
  },
})

const Attached = { policy: Type.String(), via: Type.String() }

const explainAccess = operation({
  id: 'explainAccess',
  access: needs('millrace:ExplainAccess', '*'),
  tag,
  summary: 'Tells whether somebody may do something, and which statement decides.',
  description: 'Conditions see the facts of this request, and the tags that the resource has.',
  body: Type.Object(
    {
      principal: Type.String({
        pattern: '^(?:root|(?:user|role)/[A-Za-z0-9][A-Za-z0-9._-]{0,126})$',
        description: '`user/alice`, `role/deploy` or `root`.',
      }),
      action: Type.String({ minLength: 1, maxLength: 256 }),
      resource: Type.String({ minLength: 1, maxLength: 2_048 }),
      requestTags: Type.Optional(
        Type.Record(Type.String({ maxLength: 128 }), Type.String({ maxLength: 256 }), {
          maxProperties: 50,
          description: 'Tags that the request would give: `acs:RequestTag/<key>`.',
        }),
      ),
    },
    { additionalProperties: false },
  ),
  answers: {
    200: {
      description: 'The decision.',
      schema: Type.Object({
        principal: Type.String(),
        action: Type.String(),
        resource: Type.String(),
        outcome: Type.String({ description: '`root`, `allow`, `explicit-deny` or `implicit-deny`.' }),
        layer: Type.Optional(Type.String({ description: 'The set of policies that settled it.' })),
        by: Type.Optional(
          Type.Object({
            ...Attached,
            statement: Type.Integer({ description: 'Its place in the policy, from 0.' }),
            sid: Type.Optional(Type.String()),
            effect: Type.String(),
          }),
        ),
        asked: Type.Array(Type.Object(Attached)),
      }),
    },
  },
  refusals: { 404: ['resource.not-found'] },
})
