import { type Static, Type } from 'typebox'
import { busKey, rolesOfRule, type RuleSpec, type RuleView } from '../../resources/index.ts'
import { requestTags } from '../request-tags.ts'
import type { Services } from '../services.ts'
import { type Action, type Answer, type Call, isObject, jsonAction } from './action.ts'
import { ruleArn } from './arn.ts'
import { changeRule } from './change-rule.ts'
import { patternOf } from './filter-pattern.ts'
import { foreignName, foreignOf, keptMembers } from './foreign.ts'
import { checkNewName } from './new-name.ts'
import { nextToken, PageMembers, windowOf } from './paging.ts'
import { Refusal } from './refusal.ts'
import { readTargetEntry } from './target-entry.ts'
import { mappingContext } from './mapping-context.ts'
import { targetSpec } from './target-spec.ts'
import { targetView } from './target-view.ts'

const RuleName = Type.Object({ EventBusName: Type.String(), RuleName: Type.String() })
const RuleMembers = {
  Description: Type.Optional(Type.String()),
  Status: Type.Optional(Type.String()),
  FilterPattern: Type.Optional(Type.String()),
  Tags: Type.Optional(
    Type.Union([
      Type.Record(Type.String(), Type.String()),
      Type.Array(Type.Object({ Key: Type.String(), Value: Type.String() })),
    ]),
  ),
}
const CreateRule = Type.Object({
  EventBusName: Type.String(),
  RuleName: Type.Optional(Type.String()),
  ...RuleMembers,
  Targets: Type.Optional(Type.Array(Type.Unknown())),
})
const UpdateRule = Type.Object({ EventBusName: Type.String(), RuleName: Type.String(), ...RuleMembers })
const ListRules = Type.Object({
  EventBusName: Type.String(),
  RuleNamePrefix: Type.Optional(Type.String()),
  ...PageMembers,
})

/** Members that are fields of the engine; all others are kept for this interface. */
const mapped = ['EventBusName', 'RuleName', 'Description', 'Status', 'FilterPattern', 'Targets', 'Tags']

/** Create, read, list, change, switch and delete rules (section 2.5, 6 to 12). */
export function ruleActions(services: Services): Readonly<Record<string, Action>> {
  const { rules } = services.resources
  return {
    createRule: jsonAction('rule', CreateRule, (account, input, call) =>
      create(services, account, input, call),
    ),
    getRule: jsonAction('rule', RuleName, (account, { EventBusName, RuleName: name }) => {
      rules.get(account, EventBusName, name)
      const view = services.resources.snapshots.current().buses.get(busKey(account, EventBusName))
      const rule = view?.rules.get(name)
      return rule === undefined ? {} : ruleAnswer(services, account, EventBusName, rule)
    }),
    listRules: jsonAction('rule', ListRules, (account, input) => list(services, account, input)),
    updateRule: jsonAction('rule', UpdateRule, (account, input) => update(services, account, input)),
    deleteRule: jsonAction('rule', RuleName, async (account, { EventBusName, RuleName: name }) => {
      await rules.delete(account, EventBusName, name)
      return {}
    }),
    enableRule: switchAction(services, 'enabled'),
    disableRule: switchAction(services, 'disabled'),
  }
}

function switchAction(services: Services, state: RuleSpec['state']): Action {
  return jsonAction('rule', RuleName, async (account, { EventBusName, RuleName: name }) => {
    await changeRule(services, account, EventBusName, name, spec => ({ ...spec, state }))
    return {}
  })
}

async function create(
  services: Services,
  account: string,
  input: Static<typeof CreateRule>,
  call: Call,
): Promise<Answer> {
  const { EventBusName: bus, RuleName: name, Targets = [] } = input
  services.resources.buses.get(account, bus)
  checkNewName('EventRuleNameInvalid', name)
  const pattern = requiredPattern(input.FilterPattern ?? '')
  const context = mappingContext(services, account)
  const targets = Targets.map(entry => targetSpec(readTargetEntry(entry), context))
  call.passRoles(rolesOfRule({ targets }))
  const { Description: description = '', Status } = input
  const state = stateOf(Status) ?? 'enabled'
  const kept = keptMembers(input, mapped)
  const spec = { description, pattern, dialect: 'aliyun', state, targets, ...tagsMember(input), ...kept }
  await services.resources.rules.put(account, bus, name, spec, 0, 'eventbridge')
  return { RuleARN: ruleArn(services.node.region, account, bus, name) }
}

/** Targets are left alone; what is not named keeps its value. */
async function update(
  services: Services,
  account: string,
  input: Static<typeof UpdateRule>,
): Promise<Answer> {
  const state = stateOf(input.Status)
  const pattern = input.FilterPattern === undefined ? undefined : requiredPattern(input.FilterPattern)
  const { foreign: { [foreignName]: named } = {} } = keptMembers(input, mapped)
  await changeRule(services, account, input.EventBusName, input.RuleName, spec => ({
    ...spec,
    ...(input.Description === undefined ? {} : { description: input.Description }),
    ...(state === undefined ? {} : { state }),
    ...(pattern === undefined ? {} : { pattern, dialect: 'aliyun' }),
    ...tagsMember(input),
    ...(isObject(named)
      ? { foreign: { ...spec.foreign, [foreignName]: { ...foreignOf(spec.foreign), ...named } } }
      : {}),
  }))
  return {}
}

function list(services: Services, account: string, input: Static<typeof ListRules>): Answer {
  const window = windowOf(input)
  services.resources.buses.get(account, input.EventBusName)
  const bus = services.resources.snapshots.current().buses.get(busKey(account, input.EventBusName))
  const prefix = input.RuleNamePrefix ?? ''
  const found = [...(bus?.rules.values() ?? [])]
    .filter(({ name }) => name.startsWith(prefix))
    .sort((left, right) => (left.name < right.name ? -1 : 1))
  const page = found.slice(window.offset, window.offset + window.limit)
  return {
    Rules: page.map(rule => ruleAnswer(services, account, input.EventBusName, rule)),
    NextToken: nextToken(window, found.length),
    Total: found.length,
  }
}

function ruleAnswer(services: Services, account: string, bus: string, rule: RuleView): Answer {
  const { region } = services.node
  const { Tags, ...others } = foreignOf(rule.spec.foreign)
  return {
    ...others,
    EventBusName: bus,
    RuleARN: ruleArn(region, account, bus, rule.name),
    RuleName: rule.name,
    Description: rule.spec.description,
    Status: rule.spec.state === 'enabled' ? 'ENABLE' : 'DISABLE',
    FilterPattern: JSON.stringify(rule.spec.pattern),
    Targets: rule.spec.targets.map(target => targetView(target, { region, account })),
    Ctime: rule.createdAtMs,
    Mtime: rule.updatedAtMs,
    Tags: rule.spec.tags ?? (isObject(Tags) ? Tags : {}),
  }
}

function tagsMember({ Tags }: { readonly Tags?: unknown }): Pick<RuleSpec, 'tags'> {
  const tags = requestTags(Tags)
  return tags === undefined ? {} : { tags }
}

/** A rule needs a pattern, and be it the one that matches everything. */
function requiredPattern(text: string): Record<string, unknown> {
  if (text.trim() !== '') return patternOf(text)
  throw new Refusal('EventRuleFilterPatternEmpty', 'a rule needs a FilterPattern; {} matches everything')
}

function stateOf(status: string | undefined): RuleSpec['state'] | undefined {
  switch (status?.toUpperCase()) {
    case undefined:
    case '':
      return undefined
    case 'ENABLE':
      return 'enabled'
    case 'DISABLE':
      return 'disabled'
    default:
      throw new Refusal('RequestParameterInvalid', 'Status is ENABLE or DISABLE')
  }
}
