import { type Static, Type } from 'typebox'
import { busOf } from './bus-access.ts'
import { changeRule } from './change-rule.ts'
import { BusReference, ResourceName } from './names.ts'
import { type Answer, type Call, type Operation, operation } from './operation.ts'
import { pageOf, PageMembers } from './paging.ts'
import { noSuch } from './refusal.ts'
import { innerRole } from './role-arn.ts'
import { TargetEntry } from './target-entry.ts'
import { targetSpec, type WrittenTarget } from './target-spec.ts'
import { targetView } from './target-view.ts'

const rule = { Rule: ResourceName, EventBusName: BusReference }
const PutTargets = Type.Object({ ...rule, Targets: Type.Array(TargetEntry, { minItems: 1, maxItems: 10 }) })
const RemoveTargets = Type.Object({
  ...rule,
  Ids: Type.Array(ResourceName, { minItems: 1, maxItems: 100 }),
  Force: Type.Optional(Type.Boolean()),
})
const ListTargetsByRule = Type.Object({ ...rule, ...PageMembers })

const noFailures = { FailedEntryCount: 0, FailedEntries: [] }

/**
 * Write, remove and list the targets of a rule (section 10.5 of the AWS protocol). All targets of a call are written
 * together, or, when one of them cannot be honoured, none.
 */
export const targetOperations: Readonly<Record<string, Operation>> = {
  PutTargets: operation(PutTargets, put),
  RemoveTargets: operation(RemoveTargets, async (call, { Rule, EventBusName, Ids }) => {
    const bus = await busOf(call, EventBusName)
    if (!bus.rules.has(Rule)) throw noSuch(`Rule ${Rule}`)
    await changeRule(call, bus.name, Rule, spec => ({
      ...spec,
      targets: spec.targets.filter(({ id }) => !Ids.includes(id)),
    }))
    return noFailures
  }),
  ListTargetsByRule: operation(ListTargetsByRule, async (call, input) => {
    const bus = await busOf(call, input.EventBusName)
    const found = bus.rules.get(input.Rule)
    if (found === undefined) throw noSuch(`Rule ${input.Rule}`)
    return pageOf('Targets', found.spec.targets, input, target => targetView(target, call))
  }),
}

async function put(call: Call, input: Static<typeof PutTargets>): Promise<Answer> {
  call.passRoles(input.Targets.map(({ RoleArn }) => innerRole(call, RoleArn)))
  const bus = await busOf(call, input.EventBusName)
  if (!bus.rules.has(input.Rule)) throw noSuch(`Rule ${input.Rule}`)
  const written = new Map<string, WrittenTarget>()
  for (const entry of input.Targets) {
    written.set(entry.Id, await targetSpec(call, bus.name, input.Rule, entry))
  }
  await changeRule(call, bus.name, input.Rule, spec => {
    const known = new Set(spec.targets.map(({ id }) => id))
    const targets = [
      ...spec.targets.map(one => {
        const target = written.get(one.id)
        return target === undefined ? one : { ...target, paused: one.paused }
      }),
      ...[...written.values()].filter(({ id }) => !known.has(id)),
    ]
    return { ...spec, targets }
  })
  return noFailures
}
