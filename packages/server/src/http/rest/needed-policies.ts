import { type Static, Type } from 'typebox'
import { leastPrivilege, type RoleService } from '../../auth/index.ts'
import {
  busKey,
  type Need,
  needsOfFunction,
  needsOfRule,
  needsOfStream,
  notFound,
} from '../../resources/index.ts'
import { arnOf, needs } from '../access.ts'
import type { Application } from '../application.ts'
import type { Services } from '../services.ts'
import { FunctionParams } from './functions.ts'
import { operation } from './operation.ts'
import { NamedParams, RuleParams } from './resource-schemas.ts'

const tag = 'identity'

const NeededPolicy = Type.Object({
  service: Type.String({ description: 'Whom the trust policy of the role must name.' }),
  document: Type.Optional(
    Type.Object(
      {},
      { additionalProperties: true, description: 'The policy; absent when nothing has to be allowed.' },
    ),
  ),
  notes: Type.Array(Type.String(), { description: 'What the policy cannot know.' }),
})
type NeededPolicy = Static<typeof NeededPolicy>

/** `…/needed-policy`: the least that a role must allow for a rule, stream or function to do what it says. */
export function neededPolicyRoutes(app: Application, services: Services): void {
  const { rules, streams, snapshots } = services.resources
  const answer = (
    account: string,
    service: RoleService,
    all: readonly Need[],
    notes: string[] = [],
  ): NeededPolicy => {
    const place = { region: services.node.region, account }
    const accesses = all.map(({ action, resource }) => ({
      action,
      resource: arnOf(action, resource, place),
    }))
    const document = leastPrivilege(accesses)
    return { service, notes, ...(document === undefined ? {} : { document }) }
  }

  app.get('/buses/:bus/rules/:rule/needed-policy', { schema: ofRule }, request => {
    const { account } = request.principal
    const { bus, rule } = request.params
    const { spec } = rules.get(account, bus, rule)
    return answer(account, 'eventbridge.aliyuncs.com', needsOfRule(spec))
  })

  app.get('/streams/:name/needed-policy', { schema: ofStream }, request => {
    const { account } = request.principal
    const { spec } = streams.get(account, request.params.name)
    return answer(account, 'eventbridge.aliyuncs.com', needsOfStream(spec))
  })

  app.get('/functions/:function/needed-policy', { schema: ofFunction }, request => {
    const { account } = request.principal
    const { function: name } = request.params
    const view = snapshots.current().functions.get(busKey(account, name))
    if (view === undefined) throw notFound('function', name)
    return answer(account, 'fc.aliyuncs.com', needsOfFunction(view), [codeNote])
  })
}

const codeNote =
  'Only what the destinations of asynchronous calls need. What the code itself asks of the platform is in the code: add statements for it.'

const found = { 200: { description: 'The policy and whom the role must trust.', schema: NeededPolicy } }

const ofRule = operation({
  id: 'getRuleNeededPolicy',
  access: needs('eventbridge:GetRule', 'eventbus/:bus/rule/:rule'),
  tag,
  summary: 'Generates the least policy of a role for a rule.',
  params: RuleParams,
  answers: found,
  refusals: { 404: ['resource.not-found'] },
})

const ofStream = operation({
  id: 'getStreamNeededPolicy',
  access: needs('eventbridge:GetEventStreaming', 'eventstreaming/:name'),
  tag,
  summary: 'Generates the least policy of a role for a stream.',
  params: NamedParams,
  answers: found,
  refusals: { 404: ['resource.not-found'] },
})

const ofFunction = operation({
  id: 'getFunctionNeededPolicy',
  access: needs('fc:GetFunction', 'functions/:function'),
  tag,
  summary: 'Generates the least policy of a role for the destinations of a function.',
  params: FunctionParams,
  answers: found,
  refusals: { 404: ['resource.not-found'] },
})
