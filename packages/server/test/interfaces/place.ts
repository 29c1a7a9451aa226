import { hash } from 'node:crypto'
import { busKey } from '../../src/resources/index.ts'
import { credential, otherCredential, startServer, testAccount, type TestServer } from '../http/harness.ts'
import type { Presented } from './signers.ts'
import { trust } from './bodies.ts'
import { everythingSpoken, type Named, type Spoken } from './spoken.ts'
import { Wire } from './wire-request.ts'

/** In everything that the first account has and that can hold a text. */
export const marker = 'only-the-first-account-may-read-this'
/** The name of all resources of the first account, and one of the same length that nothing has. */
export const existing = 'orders'
export const absent = 'absent'

/** The first account as names of AWS have it. */
const testOwner = '647329132526'

/** Everybody that must be refused, by what is wrong with them. */
export interface Strangers {
  readonly 'no one': undefined
  readonly 'an unknown key': Presented
  readonly 'a wrong secret': Presented
  readonly 'a disabled key': Presented
  readonly 'a session that is over': Presented
  readonly 'a session whose role is gone': Presented
  readonly 'a tampered token': Presented
  readonly 'a session without its token': Presented
  readonly 'a user without permission': Presented
  readonly 'a session without permission': Presented
}

/** A server on which one account has one of everything. */
export interface Place extends AsyncDisposable {
  readonly server: TestServer
  readonly wire: Wire
  readonly spoken: readonly Spoken[]
  readonly strangers: Strangers
  /** The key of another account itself. */
  readonly other: Presented
  readonly owner: Presented
  /** A key of a user of the first account to whom everything is allowed. */
  readonly everything: Presented
  /** Everything of the first account, and what nothing is called. */
  readonly named: { readonly existing: Named; readonly absent: Named }
  /** The state of the first account, as one text. */
  state(): Promise<string>
}

export async function openPlace(): Promise<Place> {
  const metrics = { contentType: 'text/plain', text: async () => `millrace_events{bus="${marker}"} 1` }
  const server = await startServer({ lingerMs: 100, drainMs: 100 }, services => ({ ...services, metrics }))
  const wire = new Wire(server.listener.url)
  const spoken = everythingSpoken(server.listener)
  const code = await makeEverything(server)
  const place: Place = {
    server,
    wire,
    spoken,
    ...(await makeCallers(server)),
    other: { id: otherCredential.accessKeyId, secret: otherCredential.accessKeySecret },
    owner: { id: credential.accessKeyId, secret: credential.accessKeySecret },
    named: {
      existing: { name: existing, account: testAccount, owner: testOwner, code },
      absent: { name: absent, account: testAccount, owner: testOwner, code: hash('sha256', code) },
    },
    state: () => stateOf(server),
    async [Symbol.asyncDispose]() {
      wire[Symbol.dispose]()
      await server[Symbol.asyncDispose]()
    },
  }
  await makeLogStore(place)
  return place
}

async function put(server: TestServer, path: string, spec: object): Promise<void> {
  const { status, text } = await server.call('PUT', `/api/v1/${path}`, spec)
  if (status >= 300) throw new Error(`${path}: ${status} ${text}`)
}

/** Resolves with the name of the code that there is. */
async function makeEverything(server: TestServer): Promise<string> {
  const description = marker
  const files = { 'index.js': Buffer.from('exports.handler = async () => 1').toString('base64') }
  const { json } = await server.call('POST', '/api/v1/code', { files })
  const name = existing
  await put(server, `buses/${name}`, { description })
  await put(server, `buses/${name}/rules/${name}`, {
    description,
    pattern: {},
    targets: [],
    state: 'disabled',
  })
  await put(server, `queues/${name}`, { description })
  await put(server, `topics/${name}`, { description })
  await put(server, `topics/${name}/subscriptions/${name}`, { endpoint: { queue: name } })
  await put(server, `functions/${name}`, { description, code: json?.['code'], environment: { KEPT: marker } })
  await server.call('POST', `/api/v1/functions/${name}/versions`, { description })
  await put(server, `functions/${name}/aliases/${name}`, { description, version: '1' })
  await put(server, `functions/${name}/triggers/${name}`, { description, kind: 'http' })
  await put(server, `functions/${name}/async/LATEST`, { retriesMax: 1 })
  await put(server, `functions/${name}/scaling/LATEST`, {})
  await server.call('POST', `/api/v1/layers/${name}/versions`, { description, files })
  await put(server, `domains/${name}.example.com`, { routes: [] })
  await put(server, `instances/${name}`, {
    connector: 'http',
    options: { headers: { 'x-kept': marker } },
  })
  await put(server, `streams/${name}`, { description, source: { connector: 'echo' }, sink: { bus: name } })
  await put(server, `policies/${name}`, { description, document: nothingAllowed })
  await put(server, `groups/${name}`, { description, policies: [] })
  await put(server, `roles/${name}`, { description, trust, policies: [] })
  await put(server, `users/${name}`, { description, policies: [] })
  await server.call(
    'POST',
    `/api/v1/buses/${name}/events`,
    { specversion: '1.0', id: '1', source: 's', type: 't', data: { kept: marker } },
    { 'content-type': 'application/cloudevents+json' },
  )
  await server.call('POST', `/api/v1/queues/${name}/messages`, { messages: [{ body: marker }] })
  return String(json?.['code'])
}

const nothingAllowed = {
  Version: '1',
  Statement: [{ Effect: 'Deny', Action: 'log:ListProject', Resource: '*' }],
}

/** By the interface of log stores, which alone can make one. */
async function makeLogStore({ wire, spoken, owner }: Place): Promise<void> {
  const sls = spoken.find(({ name }) => name === 'sls')
  if (sls === undefined) throw new Error('the interface of log stores is spoken')
  for (const [path, body] of [
    ['/', { projectName: 'default', description: marker }],
    ['/logstores', { logstoreName: existing, shardCount: 1, ttl: 1 }],
  ] as const) {
    const headers = { host: wire.host, 'x-log-apiversion': '0.6.0', 'x-log-bodyrawsize': '0' }
    const request = { method: 'POST', path, headers, body: JSON.stringify(body) }
    const { status, text } = await wire.send(sls.sign(request, owner))
    if (status !== 200 && !text.includes('AlreadyExist')) throw new Error(`${path}: ${status} ${text}`)
  }
}

async function makeCallers(server: TestServer): Promise<Pick<Place, 'strangers' | 'everything'>> {
  const key = async (user: string): Promise<Presented> => {
    const { json } = await server.call('POST', `/api/v1/users/${user}/keys`, {})
    return { id: String(json?.['id']), secret: String(json?.['secret']) }
  }
  for (const user of ['nothing', 'everything']) await put(server, `users/${user}`, {})
  await put(server, 'users/everything', { policies: ['AdministratorAccess'] })
  for (const role of ['gone', 'mighty']) {
    await put(server, `roles/${role}`, { trust, policies: ['AdministratorAccess'] })
  }
  const disabled = await key('everything')
  await server.call('PATCH', `/api/v1/users/everything/keys/${disabled.id}`, { disabled: true })
  const right = await key('everything')
  const mighty = session(server, 'mighty', 3_600_000)
  const gone = session(server, 'gone', 3_600_000)
  await server.call('DELETE', '/api/v1/roles/gone')
  const strangers: Strangers = {
    'no one': undefined,
    'an unknown key': { id: 'MRNOBODY', secret: right.secret },
    'a wrong secret': { id: right.id, secret: disabled.secret },
    'a disabled key': disabled,
    'a session that is over': session(server, 'mighty', -1_000),
    'a session whose role is gone': gone,
    'a tampered token': { ...mighty, token: tampered(mighty.token ?? '') },
    'a session without its token': { id: mighty.id, secret: mighty.secret },
    'a user without permission': await key('nothing'),
    'a session without permission': session(server, existing, 3_600_000),
  }
  return { strangers, everything: right }
}

function session({ services }: TestServer, role: string, durationMs: number): Presented {
  const made = services.identity.sessions.issue({
    account: testAccount,
    role,
    session: 'stranger',
    durationMs,
  })
  return { id: made.accessKeyId, secret: made.accessKeySecret, token: made.securityToken }
}

/** One character in the middle is another one. */
function tampered(token: string): string {
  const middle = Math.floor(token.length / 2)
  return `${token.slice(0, middle)}${token[middle] === 'A' ? 'B' : 'A'}${token.slice(middle + 1)}`
}

/** Documents, where the logs end, and what is in queues: whatever is done to an account shows in one of them. */
async function stateOf({ documents, services }: TestServer): Promise<string> {
  const stored = await documents.list('', { limit: 1_000 })
  const own = stored.filter(({ key }) => key.includes(testAccount) || !key.includes(otherCredential.account))
  const { buses, queues } = services.resources.snapshots.current()
  const ends = [...buses.values()]
    // The built-in bus gets the records of these very calls.
    .filter(({ account, name }) => account === testAccount && name !== 'default')
    .map(({ account, name }) => [name, services.eventLogs.next(busKey(account, name))])
  const waiting = await Promise.all(
    [...queues.values()]
      .filter(({ account }) => account === testAccount)
      .map(async ({ account, name }) => [name, await services.queues.stats(account, name)]),
  )
  return JSON.stringify({ own, ends, waiting }, undefined, 1)
}
