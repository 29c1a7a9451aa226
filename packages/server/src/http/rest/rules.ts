import { rolesOfRule, RuleSpec } from '../../resources/index.ts'
import type { Application } from '../application.ts'
import type { Services } from '../services.ts'
import { needs, needsToPut } from '../access.ts'
import { checkPass } from '../pass-role.ts'
import { factsOf } from '../request-facts.ts'
import { operation } from './operation.ts'
import { expectedRevision, publicResource, sendPut, sendResource } from './precondition.ts'
import {
  BusParams,
  PageQuery,
  PageSchema,
  PutSchema,
  ResourceSchema,
  RuleParams,
} from './resource-schemas.ts'

const tag = 'rules'
const RuleResource = ResourceSchema(RuleSpec)

/** `/buses/{bus}/rules`: which events go where. */
export function ruleRoutes(app: Application, services: Services): void {
  const { rules } = services.resources

  app.get('/buses/:bus/rules', { schema: listRules }, request => {
    const { items, next } = rules.list(request.principal.account, request.params.bus, request.query)
    return { items: items.map(publicResource), next }
  })

  app.get('/buses/:bus/rules/:rule', { schema: getRule }, (request, reply) => {
    const { bus, rule } = request.params
    return sendResource(reply, rules.get(request.principal.account, bus, rule))
  })

  app.put('/buses/:bus/rules/:rule', { schema: putRule }, async (request, reply) => {
    const { account } = request.principal
    const { bus, rule } = request.params
    const passed = { roles: rolesOfRule(request.body), service: 'eventbridge.aliyuncs.com' } as const
    checkPass(services, request.principal, passed, factsOf(request.raw))
    const { created } = await rules.put(account, bus, rule, request.body, expectedRevision(request.headers))
    return sendPut(reply, created, rules.get(account, bus, rule))
  })

  app.delete('/buses/:bus/rules/:rule', { schema: deleteRule }, async (request, reply) => {
    const { bus, rule } = request.params
    await rules.delete(request.principal.account, bus, rule, expectedRevision(request.headers))
    return reply.code(204).send()
  })
}

const listRules = operation({
  id: 'listRules',
  access: needs('eventbridge:ListRules', 'eventbus/:bus/rule/*'),
  tag,
  summary: 'Lists the rules of a bus by name.',
  params: BusParams,
  query: PageQuery,
  answers: { 200: { description: 'One page.', schema: PageSchema(RuleResource) } },
  refusals: { 404: ['resource.not-found'] },
})

const getRule = operation({
  id: 'getRule',
  access: needs('eventbridge:GetRule', 'eventbus/:bus/rule/:rule'),
  tag,
  summary: 'Reads a rule.',
  params: RuleParams,
  answers: { 200: { description: 'The rule.', schema: RuleResource } },
  refusals: { 404: ['resource.not-found'] },
})

const putRule = operation({
  id: 'putRule',
  access: needsToPut('eventbridge:CreateRule', 'eventbridge:UpdateRule', 'eventbus/:bus/rule/:rule'),
  tag,
  summary: 'Creates a rule or replaces it.',
  description:
    'In force when it is answered: an event accepted afterwards meets the new rule, one accepted before met the old one. `If-Match` and `If-None-Match: *` are honoured. A `role`, whether it is given or was there, needs `ram:PassRole`.',
  params: RuleParams,
  body: RuleSpec,
  answers: {
    200: { description: 'It was there before.', schema: PutSchema(RuleSpec) },
    201: { description: 'It is new.', schema: PutSchema(RuleSpec) },
  },
  refusals: {
    400: ['http.malformed-request', 'http.invalid-request', 'role.*'],
    404: ['resource.not-found'],
    412: ['resource.conflict'],
    429: ['resource.limit-exceeded'],
    507: ['storage.full'],
  },
})

const deleteRule = operation({
  id: 'deleteRule',
  access: needs('eventbridge:DeleteRule', 'eventbus/:bus/rule/:rule'),
  tag,
  summary: 'Deletes a rule; its pending deliveries go with it.',
  params: RuleParams,
  answers: { 204: { description: 'It is gone.', schema: null } },
  refusals: { 404: ['resource.not-found'], 412: ['resource.conflict'] },
})
