import { isDeepStrictEqual } from 'node:util'
import { type Static, Type } from 'typebox'
import type { RuleSpec, RuleView } from '../../resources/index.ts'
import { pick } from './buses.ts'
import { busOf } from './bus-access.ts'
import { changeRule } from './change-rule.ts'
import { foreignOf, innerDescription, outerDescription, withForeign } from './foreign.ts'
import { Arn, BusReference, checkedName, Description, outerBus, ResourceName, ruleArn } from './names.ts'
import { type Answer, type Call, type Operation, operation } from './operation.ts'
import { pageOf, PageMembers } from './paging.ts'
import { innerPattern, outerPatternText, patternLengthMax, readPattern } from './pattern.ts'
import { invalid } from './refusal.ts'
import { innerRole, outerRole } from './role-arn.ts'
import { deleteSchedule, firedPattern, putSchedule, switchSchedule } from './rule-schedule.ts'
import { TagList, tagsOf } from './tag-list.ts'
import { targetView } from './target-view.ts'

const RuleName = Type.Object({ Name: ResourceName, EventBusName: BusReference })
const stateNames = ['ENABLED', 'DISABLED', 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS'] as const
const PutRule = Type.Object({
  Name: ResourceName,
  EventBusName: BusReference,
  EventPattern: Type.Optional(Type.String({ maxLength: patternLengthMax })),
  ScheduleExpression: Type.Optional(Type.String({ maxLength: 256 })),
  State: Type.Optional(Type.Union(stateNames.map(name => Type.Literal(name)))),
  Description,
  RoleArn: Type.Optional(Arn),
  Tags: Type.Optional(TagList),
})
const ListRules = Type.Object({
  NamePrefix: Type.Optional(ResourceName),
  EventBusName: BusReference,
  ...PageMembers,
})
const ListRuleNamesByTarget = Type.Object({ TargetArn: Arn, EventBusName: BusReference, ...PageMembers })
const DeleteRule = Type.Object({
  Name: ResourceName,
  EventBusName: BusReference,
  Force: Type.Optional(Type.Boolean()),
})

/** Write, read, list, switch and delete rules (section 10.4 of the AWS protocol). */
export const ruleOperations: Readonly<Record<string, Operation>> = {
  PutRule: operation(PutRule, put),
  DescribeRule: operation(RuleName, async (call, { Name, EventBusName }) => {
    const { name, rules } = await busOf(call, EventBusName)
    call.services.resources.rules.get(call.account, name, Name)
    const rule = rules.get(Name)
    return rule === undefined ? {} : { ...shown(call, name, rule), CreatedBy: call.owner }
  }),
  ListRules: operation(ListRules, async (call, input) => {
    const { name, rules } = await busOf(call, input.EventBusName)
    const found = sorted(rules.values()).filter(rule => rule.name.startsWith(input.NamePrefix ?? ''))
    return pageOf('Rules', found, input, rule => shown(call, name, rule))
  }),
  ListRuleNamesByTarget: operation(ListRuleNamesByTarget, async (call, input) => {
    const { rules } = await busOf(call, input.EventBusName)
    const found = sorted(rules.values()).filter(({ spec }) =>
      spec.targets.some(target => targetView(target, call)['Arn'] === input.TargetArn),
    )
    return pageOf('RuleNames', found, input, ({ name }) => name)
  }),
  EnableRule: switchTo('enabled'),
  DisableRule: switchTo('disabled'),
  DeleteRule: operation(DeleteRule, async (call, { Name, EventBusName }) => {
    const { name, rules } = await busOf(call, EventBusName)
    const rule = rules.get(Name)
    if (rule === undefined) return {}
    if (rule.spec.targets.length > 0) throw invalid("Rule can't be deleted since it has targets.")
    await call.services.resources.rules.delete(call.account, name, Name, rule.revision)
    await deleteSchedule(call, name, Name)
    return {}
  }),
}

function switchTo(state: RuleSpec['state']): Operation {
  return operation(RuleName, async (call, { Name, EventBusName }) => {
    const { name } = await busOf(call, EventBusName)
    await changeRule(call, name, Name, spec => ({ ...spec, state }))
    await switchSchedule(call, name, Name, state)
    return {}
  })
}

/** Creates, or replaces all but the targets and tags. */
async function put(call: Call, input: Static<typeof PutRule>): Promise<Answer> {
  const { Name: name, EventPattern: text, ScheduleExpression: expression } = input
  checkedName('a rule', name)
  if (text === undefined && expression === undefined) {
    throw invalid('Parameter(s) EventPattern or ScheduleExpression must be specified.')
  }
  const role = innerRole(call, input.RoleArn)
  call.passRoles([role])
  const bus = await busOf(call, input.EventBusName)
  const spec = {
    description: innerDescription(input.Description),
    pattern: rulePattern(call, name, text, expression),
    dialect: 'standard',
    state: input.State === 'DISABLED' ? 'disabled' : 'enabled',
  } as const
  const kept = {
    EventPattern: text,
    ScheduleExpression: expression,
    Description: input.Description,
    RoleArn: input.RoleArn,
    State: input.State === 'DISABLED' ? undefined : input.State,
  }
  if (expression !== undefined) await putSchedule(call, bus.name, name, expression, spec.state)
  if (bus.rules.has(name)) {
    await changeRule(call, bus.name, name, ({ role: had, ...before }) => {
      // A role that another interface gave is not taken away by a client that knows nothing of it.
      const isTheirs = foreignOf(before.foreign)['RoleArn'] === undefined
      const roles = roleMember(role ?? (isTheirs ? had : undefined))
      return { ...before, ...spec, ...roles, ...withForeign(before.foreign, kept) }
    })
  } else {
    const tags = input.Tags === undefined ? {} : { tags: tagsOf(input.Tags) }
    const made = { ...spec, ...roleMember(role), ...tags, ...withForeign(undefined, kept) }
    await call.services.resources.rules.put(call.account, bus.name, name, made, 0, 'aws')
  }
  if (expression === undefined) await deleteSchedule(call, bus.name, name)
  return { RuleArn: ruleArn(call, bus.name, name) }
}

function roleMember(role: string | undefined): Pick<RuleSpec, 'role'> {
  return role === undefined ? {} : { role }
}

/** What a rule asks for: events that match, firings of its schedule, or both. */
function rulePattern(
  call: Call,
  name: string,
  text: string | undefined,
  expression: string | undefined,
): Record<string, unknown> {
  const pattern = text === undefined ? undefined : innerPattern(readPattern(text), call)
  if (expression === undefined) return pattern ?? {}
  const fired = firedPattern(call, name)
  // A pattern without a condition wants the firings, too.
  if (pattern === undefined) return fired
  return Object.keys(pattern).length === 0 ? pattern : { $or: [pattern, fired] }
}

const shownNames = ['EventPattern', 'ScheduleExpression', 'Description', 'RoleArn']

/** As it was written where it still is what the rule asks for. */
function patternText(call: Call, { name, spec }: RuleView): string | undefined {
  const kept = foreignOf(spec.foreign)
  const { EventPattern: text, ScheduleExpression: expression } = kept
  if (typeof expression !== 'string') return outerPatternText(spec, kept, call)
  const written = typeof text === 'string' ? text : undefined
  const isOurs = isDeepStrictEqual(rulePattern(call, name, written, expression), spec.pattern)
  return isOurs ? written : outerPatternText(spec, {}, call)
}

function shown(call: Call, bus: string, rule: RuleView): Record<string, unknown> {
  const { spec } = rule
  const kept = foreignOf(spec.foreign)
  const { State = 'ENABLED', ScheduleExpression } = kept
  const RoleArn = outerRole(call, spec.role, kept['RoleArn'])
  const EventPattern = patternText(call, rule)
  const text = outerDescription(spec.description, kept)
  return {
    Name: rule.name,
    Arn: ruleArn(call, bus, rule.name),
    ...pick({ EventPattern, ScheduleExpression, Description: text, RoleArn }, shownNames),
    State: spec.state === 'enabled' ? State : 'DISABLED',
    EventBusName: outerBus(bus),
  }
}

function sorted(rules: Iterable<RuleView>): RuleView[] {
  return [...rules].sort((left, right) => (left.name < right.name ? -1 : 1))
}
