import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type * as clientEventBridge from '@aws-sdk/client-eventbridge'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { everyFile, readEverything } from './everything-read.ts'
import { completed } from './completed-options.ts'
import { BodyKeeper, ObservedServer } from './observed-server.ts'
import { optionsWith, type Schema, secretPaths } from './option-secrets.ts'
import { Planting } from './planting.ts'
import { type Searched, tracesOf } from './traces-of.ts'

/*
 * A secret in every place that takes one, used, and provoked to be told: then nothing that the server writes, says or answers may have it.
 */
const account = '1000000000000001'
/** In places that are searched, so that the search is known to look at them. */
const decoy = 'decoy-that-is-no-secret'

interface Connector {
  readonly system: string
  readonly connection?: Schema
  readonly sink?: { readonly options: Schema }
  readonly source?: { readonly options: Schema }
}

let folder: string
let server: ObservedServer
/** Refuses everything, and tells in the refusal what it was sent. */
let talkative: BodyKeeper
let planting: Planting
let connectors: readonly Connector[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-secrets-'))
  talkative = await BodyKeeper.start(401)
  const rootSecret = 'r00t-of-the-planted-secrets-4711'
  const secretKey = randomBytes(32).toString('base64')
  server = await ObservedServer.start(folder, {
    MILLRACE_SECRET_KEY: secretKey,
    MILLRACE_ACCESS_KEY_ID: 'demo',
    MILLRACE_ACCESS_KEY_SECRET: rootSecret,
  })
  planting = new Planting(server.url, `demo.${rootSecret}`)
  planting.known('the account', rootSecret)
  planting.known('the key of secrets', secretKey)
  connectors = (await planting.call('GET', '/connectors')).json['items'] as readonly Connector[]
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await talkative[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

test('in the options of every connector, as instances, targets and sources', async () => {
  await planting.call('PUT', '/buses/orders', { description: decoy })
  let tried = 0
  for (const { system, connection, sink, source } of connectors) {
    const parts = [
      ['instances', connection, (options: object) => ({ connector: system, options })],
      [
        'buses/orders/rules',
        sink?.options,
        (options: object) => ({ pattern: {}, targets: [{ id: 't', sink: { connector: system, options } }] }),
      ],
      [
        'streams',
        source?.options,
        (options: object, isPaused: boolean) => ({
          source: { connector: system, options },
          sink: { bus: 'orders' },
          paused: isPaused,
        }),
      ],
    ] as const
    for (const [kind, schema, specOf] of parts) {
      if (schema === undefined) continue
      for (const [index, path] of secretPaths(schema).entries()) {
        tried++
        const place = `${kind} of ${system} at ${path.join('.')}`
        const plain = planting.secret(place, 'plain')
        // An address is a secret where its path is; it must still be one.
        const secret = system === 'chat' && path[0] === 'url' ? `${talkative.url}/robot/${plain}` : plain
        const given = optionsWith(schema, path, secret) as Record<string, unknown>
        const options = completed({ system, kind, given, talkativeUrl: talkative.url })
        const made = await planting.call('PUT', `/${kind}/${system}-${index}`, specOf(options, index > 0))
        expect(made.status, `${place}: ${JSON.stringify(made.json)}`).toBe(201)
        // Refused with the secret in it: beside a name that does not exist, and as a value of the wrong kind.
        const misplaced = { ...options, unknown: secret }
        const mistyped = optionsWith(schema, path, [secret]) as object
        for (const wrong of [misplaced, mistyped]) {
          const { status } = await planting.call('PUT', `/${kind}/wrong`, specOf(wrong, true))
          expect(status, place).toBe(400)
        }
      }
    }
  }
  expect(tried).toBeGreaterThan(60)
}, 120_000)

test('in functions, their triggers and domains', async () => {
  const source = 'exports.handler = async () => { throw new Error(process.env.SECRET.length) }'
  const files = { 'index.js': Buffer.from(source).toString('base64') }
  const { json } = await planting.call('POST', '/code', { files })
  const environment = { SECRET: planting.secret('an environment') }
  const made = await planting.call('PUT', '/functions/f', {
    code: json['code'],
    environment,
    description: decoy,
  })
  expect(made.status).toBe(201)
  const auths = {
    bearer: { kind: 'bearer', tokens: [planting.secret('a bearer of a trigger', 'plain')] },
    basic: { kind: 'basic', users: { ada: planting.secret('a user of a trigger') } },
    jwt: { kind: 'jwt', jwks: { keys: [{ kty: 'oct', k: planting.secret('a key of a trigger', 'plain') }] } },
  }
  await planting.call('POST', '/functions/f/versions', {})
  for (const [name, auth] of Object.entries(auths)) {
    await planting.call('PUT', `/functions/f/aliases/${name}`, { version: '1' })
    const trigger = await planting.call('PUT', `/functions/f/triggers/${name}`, {
      kind: 'http',
      qualifier: name,
      auth,
    })
    const domain = await planting.call('PUT', `/domains/${name}.example.com`, {
      auth,
      foreign: { fc: { certConfig: { privateKey: planting.secret(`a certificate of ${name}`, 'plain') } } },
    })
    expect([trigger.status, domain.status], name).toEqual([201, 201])
  }
  await planting.call('POST', '/functions/f/invocations', { a: 1 })
  await planting.call('PUT', '/functions/wrong', {
    code: json['code'],
    environment: { '=': environment.SECRET },
  })
}, 60_000)

test('of users, sessions and callers that are refused', async () => {
  await planting.call('PUT', '/users/ada', { description: decoy, policies: ['AliyunSTSAssumeRoleAccess'] })
  const trust = {
    Version: '1',
    Statement: [
      { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { RAM: `acs:ram::${account}:user/ada` } },
    ],
  }
  await planting.call('PUT', '/roles/deploy', { trust, policies: ['AdministratorAccess'] })
  const { json } = await planting.call('POST', '/users/ada/keys', {}, { isShown: true })
  const token = `${String(json['id'])}.${planting.known('a key of a user', json['secret'])}`
  const session = await planting.call(
    'POST',
    '/roles/deploy/sessions',
    { session: 'ada' },
    { isShown: true, token },
  )
  const { accessKeySecret, securityToken } = session.json as Record<string, string>
  planting.known('a session', accessKeySecret)
  planting.known('the token of a session', securityToken)
  expect((await planting.call('GET', '/users', undefined, { token })).status).toBe(403)
  const wrong = planting.secret('a caller without a key', 'plain')
  expect((await planting.call('GET', '/users', undefined, { token: `demo.${wrong}` })).status).toBe(401)
  await planting.call('PUT', `/buses/b?token=${wrong}`, { nonsense: wrong })
})

test('of people who sign in to the console', async () => {
  const password = planting.secret('the password of a user', 'plain')
  expect((await planting.call('PUT', '/users/ada/password', { password })).status).toBe(200)
  await planting.call('PUT', '/users/ada/password', { password: [password] })
  const signIn = (given: string) =>
    fetch(`${server.url}/console/login`, {
      method: 'POST',
      redirect: 'manual',
      headers: { origin: server.url, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ name: 'ada', password: given }),
    })
  const answer = await signIn(password)
  const cookie = answer.headers.getSetCookie().join()
  planting.known('a session of the console', /=([\w.~-]{20,})/.exec(cookie)?.[1])
  const refused = await signIn(planting.secret('a wrong password', 'plain'))
  planting.told.push({
    name: 'a refused sign-in',
    bytes: Buffer.from((await refused.text()) + refused.headers.getSetCookie().join()),
  })
})

test('of connections of AWS', async () => {
  const sdk = createRequire(import.meta.url)('@aws-sdk/client-eventbridge') as typeof clientEventBridge
  const secretAccessKey = planting.planted.find(({ place }) => place === 'the account')?.secret ?? ''
  using client = disposable(
    new sdk.EventBridgeClient({
      region: 'us-east-1',
      endpoint: server.url,
      credentials: { accessKeyId: 'demo', secretAccessKey },
    }),
  )
  const given: Readonly<Record<string, clientEventBridge.CreateConnectionAuthRequestParameters>> = {
    BASIC: { BasicAuthParameters: { Username: 'ada', Password: planting.secret('a basic connection') } },
    API_KEY: {
      ApiKeyAuthParameters: {
        ApiKeyName: 'x-key',
        ApiKeyValue: planting.secret('a connection with a key', 'plain'),
      },
    },
    OAUTH_CLIENT_CREDENTIALS: {
      OAuthParameters: {
        ClientParameters: { ClientID: 'ada', ClientSecret: planting.secret('a connection with OAuth') },
        AuthorizationEndpoint: `${talkative.url}/token`,
        HttpMethod: 'POST',
      },
    },
  }
  for (const [kind, AuthParameters] of Object.entries(given)) {
    const Name = `aws-${kind.toLowerCase()}`
    const AuthorizationType = kind as clientEventBridge.ConnectionAuthorizationType
    const made = await client.send(
      new sdk.CreateConnectionCommand({ Name, AuthorizationType, AuthParameters }),
    )
    await client.send(
      new sdk.CreateApiDestinationCommand({
        Name,
        ConnectionArn: made.ConnectionArn,
        InvocationEndpoint: `${talkative.url}/destination`,
        HttpMethod: 'POST',
      }),
    )
    const described = await client.send(new sdk.DescribeConnectionCommand({ Name }))
    planting.told.push({ name: `DescribeConnection ${Name}`, bytes: Buffer.from(JSON.stringify(described)) })
  }
}, 60_000)

function disposable<Client extends { destroy(): void }>(client: Client): Client & Disposable {
  return Object.assign(client, { [Symbol.dispose]: () => client.destroy() })
}

test('nothing that the server logs, traces, records, answers or stores has any of them', async () => {
  await publish()
  await attempted()
  const names = await namesOf()
  expect(await readEverything(planting, names)).toBeGreaterThan(100)
  await server.stop()
  const searched: Readonly<Record<string, readonly Searched[]>> = {
    logs: [{ name: 'the log', bytes: server.logged() }],
    traces: [{ name: 'the traces', bytes: server.traced() }],
    answers: planting.told,
    files: await everyFile(folder),
  }
  const texts = new Map(
    Object.entries(searched).map(([kind, of]) => [kind, Buffer.concat(of.map(({ bytes }) => bytes))]),
  )
  // In what is not looked at there is nothing: each has something that it must have.
  for (const [kind, sign] of [
    ['logs', 'kafka: reading failed'],
    ['traces', 'orders'],
    ['answers', decoy],
    ['answers', 'ActionTrail:ApiCall'],
    ['files', decoy],
  ] as const) {
    expect(texts.get(kind)?.includes(sign), `${kind} have ${sign}`).toBe(true)
  }
  expect(talkative.received().length).toBeGreaterThan(0)
  expect(planting.planted.length).toBeGreaterThan(80)
  expect(tracesOf(planting.planted, Object.values(searched).flat())).toEqual([])
}, 180_000)

async function publish(): Promise<void> {
  const event = { specversion: '1.0', id: '1', source: 'shop', type: 'paid', data: { decoy } }
  const secretAccessKey = planting.planted.find(({ place }) => place === 'the account')?.secret ?? ''
  const response = await fetch(`${server.url}/api/v1/buses/orders/events`, {
    method: 'POST',
    headers: {
      authorization: `Bearer demo.${secretAccessKey}`,
      'content-type': 'application/cloudevents+json',
    },
    body: JSON.stringify(event),
  })
  expect(response.status).toBeLessThan(300)
}

/** Resolves when each target was tried. */
async function attempted(): Promise<void> {
  const { items } = (await planting.call('GET', '/buses/orders/rules')).json as { items: { name: string }[] }
  expect(items.length).toBeGreaterThan(20)
  for (const { name } of items) {
    for (let turn = 0; ; turn++) {
      const { json } = await planting.call('GET', `/buses/orders/rules/${name}/status`)
      if (/"(?:attempts|failed|retrying|failing|lastError|delivered)":[^0,n]/.test(JSON.stringify(json)))
        break
      if (turn > 300) throw new Error(`${name} was not tried: ${JSON.stringify(json)}`)
      await pause(100)
    }
  }
}

/** What there is of each kind, by its list. */
async function namesOf(): Promise<Record<string, string[]>> {
  const names: Record<string, string[]> = {
    events: ['1'],
    functions: ['f'],
    versions: ['1'],
    qualifier: ['LATEST'],
  }
  for (const [kind, path] of Object.entries({
    buses: '/buses',
    rules: '/buses/orders/rules',
    streams: '/streams',
    instances: '/instances',
    users: '/users',
    roles: '/roles',
    domains: '/domains',
    triggers: '/functions/f/triggers',
    aliases: '/functions/f/aliases',
  })) {
    const { items } = (await planting.call('GET', path)).json as { items: { name: string }[] }
    names[kind] = items.map(({ name }) => name)
  }
  return names
}
