import { type Static, Type } from 'typebox'
import { leastPrivilege, type RoleService } from '../../auth/index.ts'
import {
  AsyncSpec,
  busKey,
  type Need,
  needsOfFunction,
  needsOfRule,
  needsOfSink,
  needsOfStream,
  notFound,
  roleNameOf,
  roleNeedsOfRule,
  roleNeedsOfStream,
  RuleSpec,
  StreamSpec,
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

const itemsMax = 1_000

const WiringParts = Type.Object(
  {
    rules: Type.Array(RuleSpec, { default: [], maxItems: itemsMax }),
    streams: Type.Array(StreamSpec, { default: [], maxItems: itemsMax }),
    functions: Type.Array(
      Type.Object(
        {
          role: Type.Optional(Type.String({ maxLength: 512 })),
          async: Type.Array(AsyncSpec, { maxItems: 16 }),
        },
        { additionalProperties: false },
      ),
      {
        default: [],
        maxItems: itemsMax,
        description: 'Of each its role, and how its asynchronous calls end.',
      },
    ),
  },
  { additionalProperties: false },
)
type WiringParts = Static<typeof WiringParts>

const RolePolicy = Type.Object({
  role: Type.String({ description: 'As the wiring names it.' }),
  services: Type.Array(Type.String(), { description: 'Whom the trust policy of the role must name.' }),
  document: NeededPolicy.properties.document,
})

/** `…/needed-policy`: the least that a role must allow for a rule, stream or function to do what it says. */
export function neededPolicyRoutes(app: Application, services: Services): void {
  const { rules, streams, snapshots } = services.resources
  const documentOf = (account: string, all: readonly Need[]): Pick<NeededPolicy, 'document'> => {
    const place = { region: services.node.region, account }
    const accesses = all.map(({ action, resource }) => ({
      action,
      resource: arnOf(action, resource, place),
    }))
    const document = leastPrivilege(accesses)
    return document === undefined ? {} : { document }
  }
  const answer = (
    account: string,
    service: RoleService,
    all: readonly Need[],
    notes: string[] = [],
  ): NeededPolicy => ({ service, notes, ...documentOf(account, all) })

  app.post('/needed-policies', { schema: ofWiring }, request => {
    const { account } = request.principal
    const byRole = Map.groupBy(roleUsesOf(account, request.body), ({ role }) => role)
    const roles = [...byRole].map(([role, uses]) => ({
      role,
      services: [...new Set(uses.map(({ service }) => service))],
      ...documentOf(
        account,
        uses.flatMap(use => use.needs),
      ),
    }))
    return { roles }
  })

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

/** What a wiring asks of each role that it names, use by use. */
interface RoleUse {
  readonly role: string
  readonly service: RoleService
  readonly needs: readonly Need[]
}

function roleUsesOf(account: string, { rules, streams, functions }: WiringParts): RoleUse[] {
  const wired = [...rules.flatMap(roleNeedsOfRule), ...streams.flatMap(roleNeedsOfStream)].flatMap(
    ({ role, needs: all }): RoleUse[] =>
      role === undefined ? [] : [{ role, service: 'eventbridge.aliyuncs.com', needs: all }],
  )
  const coded = functions.flatMap(({ role: given, async }): RoleUse[] => {
    const role = given === undefined ? undefined : roleNameOf(account, given)
    const sinks = async.flatMap(({ onSuccess, onFailure }) => [onSuccess, onFailure])
    const all = sinks.filter(sink => sink !== undefined).map(needsOfSink)
    return role === undefined ? [] : [{ role, service: 'fc.aliyuncs.com', needs: all }]
  })
  return [...wired, ...coded]
}

const codeNote =
  'Only what the destinations of asynchronous calls need. What the code itself asks of the platform is in the code: add statements for it.'

const found = { 200: { description: 'The policy and whom the role must trust.', schema: NeededPolicy } }

const ofWiring = operation({
  id: 'getNeededPolicies',
  access: needs('millrace:GetNeededPolicies', '*'),
  tag,
  summary: 'Generates the least policies of all roles that a wiring names.',
  description:
    'Nothing of it need be there yet, and nothing is kept. What has no role is left out; what the code of functions asks of the platform is in the code.',
  body: WiringParts,
  answers: {
    200: { description: 'A policy for each role.', schema: Type.Object({ roles: Type.Array(RolePolicy) }) },
  },
  refusals: { 400: ['http.invalid-request'] },
})

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
