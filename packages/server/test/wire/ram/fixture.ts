import { createRequire } from 'node:module'
import type ramClient from '@alicloud/ram20150501'
import { ramInterfaces } from '../../../src/http/ram/index.ts'
import { accessKeyId, accessKeySecret } from '../eventbridge/fixture.ts'
import { Exercised } from '../exercised.ts'

const require = createRequire(import.meta.url)

/** Loaded as its users' programs do, so that no bundler's idea of a default export comes in between. */
const ram = require('@alicloud/ram20150501') as typeof ramClient
const core = require('@alicloud/openapi-core') as typeof import('@alicloud/openapi-core')

export type Members = Record<string, unknown>

/** Calls an action by the vendor's client, and gives the members of its answer as they are called in programs. */
export type RamCall = (action: string, members?: Members) => Promise<Members>

const [table] = ramInterfaces
if (table === undefined) throw new Error('there is no table')
export const ramExercised = new Exercised(table, 'InvalidAction.NotFound')

/** Names of the actions that the client has. */
export const clientActions = Object.getOwnPropertyNames(ram.default.prototype)
  .filter(name => !name.endsWith('WithOptions') && name !== 'constructor' && name !== 'getEndpoint')
  .map(name => name.charAt(0).toUpperCase() + name.slice(1))

export function ramClientOf(url: string, settings: Record<string, string> = {}): RamCall {
  const config = new core.$OpenApiUtil.Config({
    endpoint: new URL(url).host,
    protocol: 'HTTP',
    accessKeyId,
    accessKeySecret,
    ...settings,
  })
  const client = new ram.default(config) as unknown as Record<string, (request: unknown) => Promise<Members>>
  return (action, members = {}) =>
    ramExercised.note(action, async () => {
      const method = action.charAt(0).toLowerCase() + action.slice(1)
      const Request = Reflect.get(ram, `${action}Request`) as (new (given: Members) => unknown) | undefined
      const call = client[method]
      if (call === undefined) throw new Error(`the client has no ${method}`)
      const answer =
        Request === undefined
          ? await call.call(client, undefined)
          : await call.call(client, new Request(members))
      return answer['body'] as Members
    })
}
