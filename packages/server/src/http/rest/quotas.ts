import { type FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { operatorOnly, type QuotaState } from '../../quotas/index.ts'
import { notFound, QuotaSpec } from '../../resources/index.ts'
import { needs } from '../access.ts'
import type { Application } from '../application.ts'
import type { Services } from '../services.ts'
import { operation } from './operation.ts'

/** `/quotas`: how much the account may have and uses; `/accounts/{account}/quotas`: the same of any account, for who runs the server. */
export function quotaRoutes(app: Application, services: Services): void {
  const { quotas, resources, operator } = services

  /** Throws `quota.operator-only`, and `resource.not-found` for an account that nobody has a key of. */
  function accountOf({ principal, params }: Pick<FastifyRequest, 'principal' | 'params'>): string {
    const { account } = params as { account: string }
    if (principal.account !== operator.account) throw operatorOnly()
    if (!operator.accounts.has(account)) throw notFound('account', account)
    return account
  }

  app.get('/quotas', { schema: listQuotas }, async request => ({
    items: (await quotas.states(request.principal.account)).map(shown),
  }))

  app.get('/accounts', { schema: listAccounts }, request => {
    if (request.principal.account !== operator.account) throw operatorOnly()
    return { items: [...operator.accounts].sort().map(account => ({ account })) }
  })

  app.get('/accounts/:account/quotas', { schema: listAccountQuotas }, async request => ({
    items: (await quotas.states(accountOf(request))).map(shown),
  }))

  app.put('/accounts/:account/quotas/:quota', { schema: putAccountQuota }, async request => {
    const account = accountOf(request)
    const { quota } = request.params
    await resources.quotas.put(account, quota, request.body)
    return await one(account, quota)
  })

  app.delete('/accounts/:account/quotas/:quota', { schema: deleteAccountQuota }, async (request, reply) => {
    await resources.quotas.delete(accountOf(request), request.params.quota)
    return reply.code(204).send()
  })

  async function one(account: string, quota: string) {
    const state = (await quotas.states(account)).find(({ name }) => name === quota)
    if (state === undefined) throw notFound('quota', quota)
    return shown(state)
  }
}

function shown({ faces = {}, of, used, isSet, ...state }: QuotaState) {
  return {
    ...state,
    per: of ?? 'account',
    set: isSet,
    ...(used === undefined ? {} : { used }),
    // What was set is the limit of every interface.
    interfaces: isSet ? {} : faces,
  }
}

const AccountParams = Type.Object({ account: Type.String({ pattern: '^[0-9]{1,20}$' }) })
const AccountQuotaParams = Type.Object({
  account: Type.String({ pattern: '^[0-9]{1,20}$' }),
  quota: Type.String({ pattern: '^[a-z-]{1,64}$', description: 'Such as `buses`.' }),
})

const QuotaSchema = Type.Object({
  name: Type.String(),
  description: Type.String(),
  unit: Type.Union([Type.Literal('count'), Type.Literal('bytes'), Type.Literal('per second')]),
  per: Type.String({ description: '`account`, or `bus`, `rule`, `topic` where each of them has its own.' }),
  limit: Type.Integer({ description: 'In force by this API.' }),
  default: Type.Integer({ description: 'What it is where nothing is set.' }),
  set: Type.Boolean({ description: 'Whether it was set for the account.' }),
  interfaces: Type.Object(
    {},
    { additionalProperties: true, description: 'Compatible interfaces that allow less, and how much.' },
  ),
  used: Type.Optional(
    Type.Integer({
      description:
        'Of a rate: about what the last second took. Where each bus, rule or topic has its own: the most that one of them uses.',
    }),
  ),
})
const Quotas = Type.Object({ items: Type.Array(QuotaSchema) })
const tag = 'platform'
const refusals = { 403: ['quota.operator-only'], 404: ['resource.not-found'] }

const listQuotas = operation({
  id: 'listQuotas',
  access: needs('millrace:ListQuotas', 'quota/*'),
  tag,
  summary: 'Lists what the account has only so much of, with the limits and the use.',
  answers: { 200: { description: 'All quotas.', schema: Quotas } },
})

const listAccounts = operation({
  id: 'listAccounts',
  access: needs('millrace:ListAccounts', 'account/*'),
  tag,
  summary: 'Lists the accounts; for the account that runs the server.',
  answers: {
    200: {
      description: 'All accounts that have a key of their own.',
      schema: Type.Object({ items: Type.Array(Type.Object({ account: Type.String() })) }),
    },
  },
  refusals: { 403: ['quota.operator-only'] },
})

const listAccountQuotas = operation({
  id: 'listAccountQuotas',
  access: needs('millrace:ListAccountQuotas', 'account/:account'),
  tag,
  summary: 'Lists the quotas of an account; for the account that runs the server.',
  params: AccountParams,
  answers: { 200: { description: 'All quotas.', schema: Quotas } },
  refusals,
})

const putAccountQuota = operation({
  id: 'putAccountQuota',
  access: needs('millrace:PutAccountQuota', 'account/:account'),
  tag,
  summary: 'Sets how much an account may have, by every interface; for the account that runs the server.',
  description:
    'In force at once. What is there already stays: an account that has more than a lowered quota gets no more.',
  params: AccountQuotaParams,
  body: QuotaSpec,
  answers: { 200: { description: 'As it is now.', schema: QuotaSchema } },
  refusals: { ...refusals, 507: ['storage.full'] },
})

const deleteAccountQuota = operation({
  id: 'deleteAccountQuota',
  access: needs('millrace:DeleteAccountQuota', 'account/:account'),
  tag,
  summary: 'Goes back to the default of a quota; for the account that runs the server.',
  params: AccountQuotaParams,
  answers: { 204: { description: 'It is the default again.', schema: null } },
  refusals,
})
