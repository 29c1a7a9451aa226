import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type eventBridge from '@alicloud/eventbridge'
import { startServer } from '../../../src/app/index.ts'

export const accessKeyId = 'testAK'
export const accessKeySecret = 'testSK'
export const account = '1000000000000001'

/** Loaded as its users' programs do, so that no bundler's idea of a default export comes in between. */
export const sdk = createRequire(import.meta.url)('@alicloud/eventbridge') as typeof eventBridge

/** The vendor's client, as its users make it. */
export type Client = InstanceType<typeof sdk.default>

export interface WireServer extends AsyncDisposable {
  readonly url: string
  readonly client: Client
  /** A client with other settings, for what must be refused. */
  clientWith(settings: Record<string, string>): Client
  /** A request to the platform's own API. */
  rest(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; json: Record<string, unknown> }>
}

/** The whole server in this process, over the memory driver. */
export async function startWireServer(): Promise<WireServer> {
  const owned = new AsyncDisposableStack()
  const dataPath = await mkdtemp(join(tmpdir(), 'millrace-eventbridge-'))
  owned.defer(() => rm(dataPath, { recursive: true, force: true }))
  const server = owned.use(
    await startServer({
      environment: {
        PATH: process.env['PATH'],
        MILLRACE_LISTEN: '127.0.0.1:0',
        MILLRACE_DATA: dataPath,
        MILLRACE_STORAGE: 'memory',
        MILLRACE_LOG: 'silent',
        MILLRACE_ACCOUNT_ID: account,
        MILLRACE_REGION: 'cn-hangzhou',
        MILLRACE_ACCESS_KEY_ID: accessKeyId,
        MILLRACE_ACCESS_KEY_SECRET: accessKeySecret,
        MILLRACE_ALLOW_PRIVATE_TARGETS: 'true',
      },
    }),
  )
  const endpoint = new URL(server.url).host
  const clientWith = (settings: Record<string, string>): Client =>
    new sdk.default(new sdk.Config({ accessKeyId, accessKeySecret, endpoint, ...settings }))
  const rest: WireServer['rest'] = async (method, path, body) => {
    const response = await fetch(`${server.url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${server.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, json: text === '' ? {} : JSON.parse(text) }
  }
  return {
    url: server.url,
    client: clientWith({}),
    clientWith,
    rest,
    async [Symbol.asyncDispose]() {
      // A stream that reads queues of this very server would hold a request open while the server closes.
      const { json } = await rest('GET', '/streams')
      for (const { name } of json['items'] as { name: string }[]) await rest('DELETE', `/streams/${name}`)
      await owned.disposeAsync()
    },
  }
}

export interface Received {
  /** Path and query. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** An HTTP target that keeps what it gets. */
export interface Catcher extends AsyncDisposable {
  readonly url: string
  next(): Promise<Received>
}

export async function startCatcher(): Promise<Catcher> {
  const received: Received[] = []
  const waiting: ((item: Received) => void)[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', chunk => (text += chunk))
    request.on('end', () => {
      response.end()
      const item = { url: request.url ?? '', headers: request.headers, text }
      const waiter = waiting.shift()
      if (waiter === undefined) received.push(item)
      else waiter(item)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/in`,
    next() {
      const item = received.shift()
      return item === undefined ? new Promise(resolve => waiting.push(resolve)) : Promise.resolve(item)
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** The code of a call that must fail; `undefined` when it did not. */
export async function codeOf(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call
    return undefined
  } catch (thrown) {
    return String((thrown as { code?: unknown }).code)
  }
}
