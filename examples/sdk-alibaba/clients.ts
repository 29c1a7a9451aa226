import { createRequire } from 'node:module'
import eventBridge from '@alicloud/eventbridge'
import functionCompute from '@alicloud/fc20230330'

/** What a program of the cloud is given: where the service is, and a key. Nothing else changes for Millrace. */
export interface Place {
  /** Such as `http://127.0.0.1:8400`. */
  readonly url: string
  readonly accessKeyId: string
  readonly accessKeySecret: string
}

/** The four clients, as they come from the registry. */
export interface Clients {
  readonly eventBridge: InstanceType<typeof eventBridge.default>
  readonly functionCompute: InstanceType<typeof functionCompute.default>
  readonly functionCompute2: UntypedClient
  readonly mns: UntypedClient
}

/** What is used of a client that brings no types: each member is a call to the service. */
export type UntypedClient = Readonly<Record<string, (...values: readonly unknown[]) => Promise<Answer>>>

export interface Answer {
  readonly code?: number
  readonly data?: unknown
  readonly body?: unknown
}

type ClientClass = new (account: string, options: Readonly<Record<string, unknown>>) => UntypedClient

/** The older clients want an account and a region before they know their endpoint. Neither is looked at: the key decides. */
const account = '1000000000000001'
const region = 'local'

/** Makes each client the way its own documentation does. */
export function createClients({ url, accessKeyId, accessKeySecret }: Place): Clients {
  const key = { accessKeyId, accessKeySecret }
  const endpoint = new URL(url).host
  // A first call starts a process, which may take longer than the three seconds that this client waits by itself.
  const patience = { readTimeout: 30_000, connectTimeout: 30_000 }
  const require = createRequire(import.meta.url)
  const FunctionCompute2 = require('@alicloud/fc2') as ClientClass
  const Mns = require('@alicloud/mns') as ClientClass
  return {
    eventBridge: new eventBridge.default(new eventBridge.Config({ ...key, endpoint })),
    functionCompute: new functionCompute.default(
      Object.assign({}, key, patience, { endpoint, protocol: 'HTTP', regionId: region }) as never,
    ),
    functionCompute2: new FunctionCompute2(account, {
      accessKeyID: accessKeyId,
      accessKeySecret,
      region,
      endpoint: url,
    }),
    mns: new Mns(account, { ...key, endpoint: url }),
  }
}

/** Calls a client that has no types. */
export function call(client: UntypedClient, action: string, ...values: readonly unknown[]): Promise<Answer> {
  const member = client[action]
  if (member === undefined) throw new Error(`the client has no ${action}`)
  return Reflect.apply(member, client, values)
}

/** Makes something that may be there from the last run: the code says that it is. */
export async function unlessThere(making: Promise<unknown>, code: string): Promise<'made' | 'was there'> {
  try {
    await making
    return 'made'
  } catch (thrown) {
    if ((thrown as { code?: unknown }).code === code) return 'was there'
    throw thrown
  }
}
