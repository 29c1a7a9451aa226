import { Type } from 'typebox'
import { type BusSpec, defaultBusName, type RuleSpec } from '../../resources/index.ts'
import { busOf } from './bus-access.ts'
import { changeRule } from './change-rule.ts'
import { withForeign } from './foreign.ts'
import { Arn, innerBus, ownResource } from './names.ts'
import { type Call, type Operation, operation } from './operation.ts'
import { noSuch } from './refusal.ts'
import { TagList, tagsIn, tagsOf } from './tag-list.ts'

const UntagResource = Type.Object({
  ResourceARN: Arn,
  TagKeys: Type.Array(Type.String({ minLength: 1, maxLength: 128 })),
})

/** Tags of buses and rules: those that conditions of policies ask for (section 10.8 of the AWS protocol). */
export const tagOperations: Readonly<Record<string, Operation>> = {
  TagResource: operation(Type.Object({ ResourceARN: Arn, Tags: TagList }), async (call, input) => {
    await change(call, input.ResourceARN, before => tagsOf(input.Tags, before))
    return {}
  }),
  UntagResource: operation(UntagResource, async (call, { ResourceARN, TagKeys }) => {
    await change(call, ResourceARN, before =>
      Object.fromEntries(Object.entries(before).filter(([key]) => !TagKeys.includes(key))),
    )
    return {}
  }),
  ListTagsForResource: operation(Type.Object({ ResourceARN: Arn }), async (call, { ResourceARN }) => {
    const { bus, rule } = await taggedOf(call, ResourceARN)
    const tags = tagsIn(rule === undefined ? bus.spec : ruleSpec(call, bus.name, rule))
    return { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) }
  }),
}

async function change(
  call: Call,
  arn: string,
  tags: (before: Record<string, string>) => Record<string, string>,
): Promise<void> {
  const { bus, rule } = await taggedOf(call, arn)
  const retagged = ({ foreign, ...spec }: BusSpec | RuleSpec): object => ({
    ...spec,
    ...withForeign(foreign, { Tags: undefined }),
    tags: tags(tagsIn({ ...spec, ...(foreign === undefined ? {} : { foreign }) })),
  })
  if (rule !== undefined) {
    await changeRule(call, bus.name, rule, retagged)
    return
  }
  const { buses } = call.services.resources
  const { spec, revision } = buses.get(call.account, bus.name)
  await buses.put(call.account, bus.name, retagged(spec), revision)
}

/** The bus or rule of an ARN. Throws `ResourceNotFoundException`. */
async function taggedOf(call: Call, arn: string) {
  const [kind, first = '', second] = ownResource(call, arn).split('/')
  if (kind === 'event-bus') return { bus: await busOf(call, innerBus(first)), rule: undefined }
  if (kind !== 'rule') throw noSuch(`Resource ${arn}`)
  const bus = await busOf(call, second === undefined ? defaultBusName : first)
  const rule = second ?? first
  ruleSpec(call, bus.name, rule)
  return { bus, rule }
}

function ruleSpec({ services, account }: Call, bus: string, rule: string) {
  return services.resources.rules.get(account, bus, rule).spec
}
