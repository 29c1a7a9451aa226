import { Type } from 'typebox'
import { answered, type Handler, isObject, jsonHandler, nothing, queryOf } from '../call.ts'
import { changing } from '../creating.ts'
import type { FcParts } from '../parts.ts'
import { invalidArgument } from '../refusal.ts'
import type { ServiceBook } from './service-book.ts'

const Arn = Type.String({ minLength: 1, maxLength: 300 })
const Tagging = Type.Object({
  resourceArn: Arn,
  tags: Type.Record(Type.String({ minLength: 1, maxLength: 64 }), Type.String({ maxLength: 128 }), {
    maxProperties: 20,
  }),
})
const Untagging = Type.Object({
  resourceArn: Arn,
  tagKeys: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 50 })),
  all: Type.Optional(Type.Boolean()),
})

/** Tags that one service has at most. */
const tagsMax = 20

/** Tags of services, and what the account may do. */
export function accountHandlers({ services, limits }: FcParts, book: ServiceBook) {
  const change = (account: string, arn: string, changed: (tags: Record<string, unknown>) => object) =>
    changing(async () => {
      const service = serviceOfArn(arn)
      const { value, revision } = await book.find(account, service)
      const tags = changed(tagsOf(value))
      if (Object.keys(tags).length > tagsMax) throw invalidArgument(`a service has ${tagsMax} tags at most`)
      await book.documents.put(account, service, { ...value, tags }, revision)
    })

  const tag = jsonHandler(Tagging, async (call, { resourceArn, tags: added }) => {
    await change(call.account, resourceArn, tags => ({ ...tags, ...added }))
    return nothing
  })

  const untag = jsonHandler(Untagging, async (call, { resourceArn, tagKeys = [], all = false }) => {
    await change(call.account, resourceArn, tags =>
      all ? {} : Object.fromEntries(Object.entries(tags).filter(([key]) => !tagKeys.includes(key))),
    )
    return nothing
  })

  const getTags: Handler = async call => {
    const resourceArn = queryOf(call, 'resourceArn')
    if (resourceArn === undefined) throw invalidArgument('resourceArn is required')
    const { value } = await book.find(call.account, serviceOfArn(resourceArn))
    return answered({ resourceArn, tags: tagsOf(value) })
  }

  const settings: Handler = () => answered({ availableAZs: [`${services.node.region}-a`], defaultRole: '' })

  const configs: Handler = () => answered({ CodeSizeLimit: limits.codeBytesMax })

  const reservedCapacities: Handler = () => answered({ reservedCapacities: [] })

  return { tag, untag, getTags, settings, configs, reservedCapacities }
}

function tagsOf(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return isObject(value['tags']) ? value['tags'] : {}
}

function serviceOfArn(arn: string): string {
  const [, service] = /^(?:acs:fc:[^:]*:[^:]*:)?services\/([\w-]+)(?:\.[\w-]+)?$/.exec(arn) ?? []
  if (service === undefined) throw invalidArgument(`'${arn.slice(0, 200)}' is not the ARN of a service`)
  return service
}
