import { createRequire } from 'node:module'
import type openApi from '@alicloud/openapi-core'
import { eventBridgeInterfaces } from '../../../src/http/index.ts'
import { Exercised } from '../exercised.ts'
import { accessKeyId, accessKeySecret, type WireServer } from './fixture.ts'

/** Loaded as its users' programs do, so that no bundler's idea of a default export comes in between. */
const core = createRequire(import.meta.url)('@alicloud/openapi-core') as typeof openApi

/** The code of an action that is not offered. */
export const refusedCode = 'ServiceNotEnable'

const found = eventBridgeInterfaces.find(({ title }) => title.endsWith('2020-04-01'))
if (found === undefined) throw new Error('there is no table')
export const rpcTable = found
export const rpcExercised = new Exercised(rpcTable, refusedCode)

export type Members = Record<string, unknown>

/** What a tool that is generated over the core of the vendor's clients does to call an action. */
export type RpcCall = (action: string, query?: Members, body?: Members) => Promise<Members>

export class RpcError extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** Objects and lists are sent as JSON texts, in the query or in a form. A business error throws its code, as tools make it. */
export function rpcClient(
  server: Pick<WireServer, 'url'>,
  settings: Record<string, string> = {},
  method: 'GET' | 'POST' = 'POST',
): RpcCall {
  const client = new core.default(
    new core.$OpenApiUtil.Config({
      accessKeyId,
      accessKeySecret,
      endpoint: new URL(server.url).host,
      protocol: 'HTTP',
      ...settings,
    }),
  )
  return (action, query = {}, body = {}) =>
    rpcExercised.note(action, async () => {
      const params = new core.$OpenApiUtil.Params({
        action,
        version: '2020-04-01',
        protocol: 'HTTP',
        pathname: '/',
        method,
        authType: 'AK',
        style: 'RPC',
        reqBodyType: 'formData',
        bodyType: 'json',
      })
      const request = new core.$OpenApiUtil.OpenApiRequest({ query: texts(query), body: texts(body) })
      const answer = await client.callApi(params, request, {} as never)
      const members = answer['body'] as Members
      if (members['Success'] === false)
        throw new RpcError(String(members['Code']), String(members['Message']))
      return members
    })
}

function texts(members: Members): Record<string, string> {
  return Object.fromEntries(
    Object.entries(members).map(([name, value]) => [
      name,
      typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value),
    ]),
  )
}
