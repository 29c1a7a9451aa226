import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type * as clientEventBridge from '@aws-sdk/client-eventbridge'
import { startServer } from '../../../src/app/index.ts'
import { awsInterfaces } from '../../../src/http/aws/index.ts'
import { Exercised } from '../exercised.ts'

export const accessKeyId = 'AKIDEXAMPLE'
export const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
export const account = '111122223333'
export const region = 'us-east-1'

/** Loaded as its users' programs do. */
export const sdk = createRequire(import.meta.url)('@aws-sdk/client-eventbridge') as typeof clientEventBridge

export type Client = clientEventBridge.EventBridgeClient

// oxlint-disable-next-line no-explicit-any -- each command has an input and output of its own
type Members = Record<string, any>

export interface AwsServer extends AsyncDisposable {
  readonly url: string
  readonly client: Client
  clientWith(settings: clientEventBridge.EventBridgeClientConfig): Client
  /** Sends a command by its name and notes how it ended. */
  send(command: string, input?: Members): Promise<Members>
  /** How the table of the interface differs from what was seen of these operations; empty when it tells the truth. */
  contradictions(operations: readonly string[]): string[]
  /** A request to the platform's own API. */
  rest(method: string, path: string, body?: unknown): Promise<{ status: number; json: Members }>
  /** Publishes a CloudEvent by the platform's own API. */
  publish(bus: string, event: string): Promise<void>
  /** The next message of a built-in queue. */
  received(queue: string): Promise<string>
}

/** Names of the operations that the client has. */
export const clientOperations = Object.keys(sdk)
  .filter(name => name.endsWith('Command') && name !== '$Command')
  .map(name => name.slice(0, -'Command'.length))

const inTargets = /Target|Connection|ApiDestination/
const inArchives = /Archive|Replay/

/** Which file of tests calls which operations; every one that the client has is called by one of them. */
export const operationsOf = {
  targets: clientOperations.filter(name => inTargets.test(name)),
  archives: clientOperations.filter(name => inArchives.test(name)),
  core: clientOperations.filter(name => !inTargets.test(name) && !inArchives.test(name)),
} as const

/** The whole server in this process, over the memory driver, and the vendor's client, unmodified, pointed at it. */
export async function startAwsServer(): Promise<AwsServer> {
  const owned = new AsyncDisposableStack()
  const dataPath = await mkdtemp(join(tmpdir(), 'millrace-aws-'))
  owned.defer(() => rm(dataPath, { recursive: true, force: true }))
  const server = owned.use(await startHere(dataPath))
  const clientWith = (settings: clientEventBridge.EventBridgeClientConfig): Client => {
    const credentials = { accessKeyId, secretAccessKey }
    return new sdk.EventBridgeClient({
      region,
      endpoint: server.url,
      credentials,
      maxAttempts: 1,
      ...settings,
    })
  }
  const client = clientWith({})
  owned.defer(() => client.destroy())
  const [table] = awsInterfaces
  if (table === undefined) throw new Error('the interface has a table')
  const exercised = new Exercised(table, 'OperationDisabledException')
  const rest = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${server.url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${server.token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, json: text === '' ? {} : JSON.parse(text) }
  }
  return {
    url: server.url,
    client,
    clientWith,
    send: (command, input = {}) => exercised.note(command, () => sendCommand(client, command, input)),
    contradictions(names) {
      const all = exercised.contradictions(clientOperations)
      return all.filter(text => names.includes(text.slice(0, text.indexOf(' '))))
    },
    rest,
    async publish(bus, event) {
      const { status } = await fetch(`${server.url}/api/v1/buses/${bus}/events`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${server.token}`,
          'content-type': 'application/cloudevents+json',
        },
        body: event,
      })
      if (status !== 200) throw new Error(`the event was answered with ${status}`)
    },
    async received(queue) {
      const { json } = await rest('POST', `/queues/${queue}/receive`, { count: 1, waitMs: 15_000 })
      const [message] = json['messages'] ?? []
      await rest('POST', `/queues/${queue}/delete`, { handles: [message?.handle] })
      return message?.body
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function startHere(dataPath: string) {
  return startServer({
    environment: {
      PATH: process.env['PATH'],
      MILLRACE_LISTEN: '127.0.0.1:0',
      MILLRACE_DATA: dataPath,
      MILLRACE_STORAGE: 'memory',
      MILLRACE_LOG: 'silent',
      MILLRACE_ACCOUNT_ID: account,
      MILLRACE_REGION: region,
      MILLRACE_ACCESS_KEY_ID: accessKeyId,
      MILLRACE_ACCESS_KEY_SECRET: secretAccessKey,
      MILLRACE_ALLOW_PRIVATE_TARGETS: 'true',
    },
  })
}

/** Errors of the client are told apart by their name; the table's keeper asks for a code. */
async function sendCommand(client: Client, command: string, input: Members): Promise<Members> {
  const Command = Reflect.get(sdk, `${command}Command`)
  try {
    return await client.send(new Command(input))
  } catch (thrown) {
    throw Object.assign(thrown as Error, { code: (thrown as Error).name })
  }
}

/** The name of the error that a call must fail with; `undefined` when it did not. */
export async function errorOf(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call
    return undefined
  } catch (thrown) {
    return (thrown as Error).name
  }
}

export function arn(resource: string): string {
  return `arn:aws:events:${region}:${account}:${resource}`
}

export function queueArn(queue: string): string {
  return `arn:aws:sqs:${region}:${account}:${queue}`
}
