import { type Static, Type } from 'typebox'
import type { FunctionView } from '../../../resources/index.ts'
import { functionArn, functionOfArn, ownerOf } from '../arn.ts'
import {
  answered,
  type Call,
  type Handler,
  jsonHandler,
  jsonOf,
  nothing,
  queryList,
  queryOf,
} from '../call.ts'
import { changing } from '../creating.ts'
import { foreignOf, TagsInput, withForeign } from '../model/index.ts'
import { functionsOf } from '../operations/index.ts'
import { pageOf } from '../paging.ts'
import type { FcParts } from '../parts.ts'
import { invalidArgument } from '../refusal.ts'
import { checkedOf } from '../model/index.ts'

const Tagging = Type.Object({
  ResourceId: Type.Array(Type.String({ maxLength: 300 }), { minItems: 1, maxItems: 50 }),
  ResourceType: Type.Optional(Type.String({ maxLength: 64 })),
  Tag: TagsInput,
})
const Moving = Type.Object({
  ResourceId: Type.String({ minLength: 1, maxLength: 300 }),
  ResourceType: Type.Optional(Type.String({ maxLength: 64 })),
  NewResourceGroupId: Type.String({ minLength: 1, maxLength: 128 }),
})
const checkTags = checkedOf(
  Type.Array(Type.Object({ Key: Type.String(), Value: Type.Optional(Type.String()) })),
  'tags',
)

type Tags = Readonly<Record<string, string>>

/** Tags and the resource group of functions (function-compute section 9.4). */
export function tagHandlers({ services }: FcParts) {
  const { functions } = services.resources

  const change = (account: string, arn: string, changed: (tags: Tags) => Tags): Promise<void> =>
    changing(async () => {
      const { name } = functionOfArn(arn)
      const { spec, revision } = functions.get(account, name)
      await functions.put(account, name, { ...spec, tags: changed(spec.tags) }, revision)
    })

  const tag = jsonHandler(Tagging, async (call, { ResourceId, ResourceType, Tag }) => {
    checkType(ResourceType)
    for (const { Key } of Tag) checkKey(Key)
    const added = Object.fromEntries(Tag.map(({ Key, Value = '' }) => [Key, Value]))
    for (const arn of ResourceId) await change(call.account, arn, tags => ({ ...tags, ...added }))
    return nothing
  })

  const untag: Handler = async call => {
    checkType(queryOf(call, 'ResourceType'))
    const keys = queryList(call, 'TagKey') ?? []
    const isAll = queryOf(call, 'All') === 'true' && keys.length === 0
    for (const arn of queryList(call, 'ResourceId') ?? []) {
      await change(call.account, arn, tags =>
        Object.fromEntries(Object.entries(tags).filter(([key]) => !isAll && !keys.includes(key))),
      )
    }
    return nothing
  }

  const list: Handler = call => {
    checkType(queryOf(call, 'ResourceType'))
    const ids = queryList(call, 'ResourceId')?.map(arn => functionOfArn(arn).name)
    const fits = tagFilter(queryOf(call, 'Tag'))
    const owner = ownerOf(services, call.account)
    const found = functionsOf(services, call.account)
      .filter(
        ({ name, spec }) => (ids === undefined || ids.length === 0 || ids.includes(name)) && fits(spec.tags),
      )
      .flatMap(view =>
        entriesOf(view).map(entry => ({ ...entry, ResourceId: functionArn(owner, view.name) })),
      )
    const page = pageOf(lowerPaging(call), found, ({ ResourceId, TagKey }) => `${ResourceId}/${TagKey}`)
    return answered({
      TagResources: page.items,
      ...(page.nextToken === undefined ? {} : { NextToken: page.nextToken }),
      RequestId: call.requestId,
    })
  }

  const move = jsonHandler(Moving, async (call, { ResourceId, ResourceType, NewResourceGroupId }) => {
    checkType(ResourceType)
    const { name } = functionOfArn(ResourceId)
    const old = await changing(async () => {
      const { spec, revision } = functions.get(call.account, name)
      const kept = foreignOf(spec.foreign)
      const foreign = withForeign(spec.foreign, { ...kept, resourceGroupId: NewResourceGroupId })
      await functions.put(call.account, name, { ...spec, ...foreign }, revision)
      return kept['resourceGroupId']
    })
    return answered({
      ResourceId,
      OldResourceGroupId: typeof old === 'string' ? old : '',
      NewResourceGroupId,
    })
  })

  return { tag, untag, list, move }
}

function entriesOf({ spec }: FunctionView) {
  return Object.entries(spec.tags).map(([TagKey, TagValue]) => ({
    ResourceType: 'function',
    TagKey,
    TagValue,
  }))
}

/** Whether tags hold all of those that the JSON text names; a key without a value stands for any. */
export function tagFilter(text: string | undefined): (tags: Tags) => boolean {
  if (text === undefined) return () => true
  const wanted: Static<typeof TagsInput> = checkTags(jsonOf(text, 'tags'))
  return tags =>
    wanted.every(({ Key, Value = '' }) => Object.hasOwn(tags, Key) && (Value === '' || tags[Key] === Value))
}

/** The tag actions begin the names of their parameters with capitals. */
function lowerPaging({ query }: Call): Pick<Call, 'query'> {
  const { Limit: limit, NextToken: nextToken } = query
  return {
    query: {
      ...(limit === undefined ? {} : { limit }),
      ...(nextToken === undefined ? {} : { nextToken }),
    },
  }
}

function checkType(type: string | undefined): void {
  if (type === undefined || /^(?:ALIYUN::FC::)?function$/i.test(type)) return
  throw invalidArgument(`ResourceType '${type.slice(0, 64)}' has no tags here: functions have`)
}

function checkKey(key: string): void {
  if (!/^(?:aliyun|acs:)|https?:\/\//.test(key)) return
  throw invalidArgument('a tag key does not begin with aliyun or acs: and holds no http:// or https://')
}
