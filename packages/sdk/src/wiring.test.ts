import { expect, test } from 'vitest'
import { defineBus, sortWiring } from './wiring.ts'
import { wiringItems } from './wiring-document.ts'

test('a document becomes buses, then functions, then the rules under their buses', () => {
  const items = wiringItems({
    functions: { greet: { code: './greet' } },
    buses: { shop: { retentionMs: 5_000, rules: { all: { pattern: {} } } }, plain: null },
  })
  expect(items).toEqual([
    { kind: 'bus', name: 'shop', spec: { retentionMs: 5_000 } },
    { kind: 'bus', name: 'plain', spec: {} },
    { kind: 'function', name: 'greet', spec: { code: './greet' } },
    { kind: 'rule', bus: 'shop', name: 'all', spec: { pattern: {} } },
  ])
})

test('an unknown key is refused by its name', () => {
  expect(() => wiringItems({ busses: {} } as never)).toThrow('unknown key busses')
})

test('what stands under a function becomes items of their own, after it and before the rules', () => {
  const items = wiringItems({
    buses: { shop: { rules: { r: { pattern: {} } } } },
    functions: {
      greet: {
        code: 'greet',
        layers: ['libs'],
        triggers: { hourly: { kind: 'timer', schedule: '@every 1h' } },
        async: { retriesMax: 1 },
        scaling: { instancesMin: 2 },
      },
    },
    layers: { libs: { code: 'libs' } },
  })
  expect(items).toEqual([
    { kind: 'bus', name: 'shop', spec: {} },
    { kind: 'layer', name: 'libs', spec: { code: 'libs' } },
    { kind: 'function', name: 'greet', spec: { code: 'greet', layers: ['libs'] } },
    { kind: 'trigger', function: 'greet', name: 'hourly', spec: { kind: 'timer', schedule: '@every 1h' } },
    { kind: 'async', function: 'greet', name: 'LATEST', spec: { retriesMax: 1 } },
    { kind: 'scaling', function: 'greet', name: 'LATEST', spec: { instancesMin: 2 } },
    { kind: 'rule', bus: 'shop', name: 'r', spec: { pattern: {} } },
  ])
})

test('instances come before what names them, streams after the functions and buses that they lead to', () => {
  const source = { connector: 'kafka', instance: 'main', options: { topics: ['t'] } }
  const items = wiringItems({
    streams: { clean: { source, sink: { function: 'clean' } } },
    functions: { clean: { code: 'clean' } },
    instances: { main: { connector: 'kafka', options: { bootstrap: 'a:9092' } } },
  })
  expect(items).toEqual([
    { kind: 'instance', name: 'main', spec: { connector: 'kafka', options: { bootstrap: 'a:9092' } } },
    { kind: 'function', name: 'clean', spec: { code: 'clean' } },
    { kind: 'stream', name: 'clean', spec: { source, sink: { function: 'clean' } } },
  ])
})

test('queues and topics come before what names them, and subscriptions lie under their topic', () => {
  const items = wiringItems({
    topics: { news: { subscriptions: { inbox: { endpoint: { queue: 'inbox' } } } } },
    buses: { b: { rules: { r: { pattern: {}, targets: [{ id: 't', sink: { queue: 'jobs' } }] } } } },
    queues: { jobs: { deadLetter: { queue: 'dead' } }, dead: {}, inbox: null },
  })

  expect(items.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    'bus b',
    'queue dead',
    'queue inbox',
    'topic news',
    'queue jobs',
    'subscription inbox',
    'rule r',
  ])
})

test('connections and schedules are instances and streams that are written shorter', () => {
  const items = wiringItems({
    schedules: {
      nightly: {
        schedule: '0 0 2 * * *',
        timeZone: 'Europe/Berlin',
        userData: { keep: 7 },
        sink: { bus: 'shop' },
      },
    },
    connections: { crm: { url: 'https://crm.example', auth: { type: 'bearer', token: { env: 'CRM' } } } },
  })
  expect(items).toEqual([
    {
      kind: 'instance',
      name: 'crm',
      spec: {
        connector: 'http',
        options: { url: 'https://crm.example', auth: { type: 'bearer', token: { env: 'CRM' } } },
      },
    },
    {
      kind: 'stream',
      name: 'nightly',
      spec: {
        source: {
          connector: 'schedule',
          options: { schedule: '0 0 2 * * *', timeZone: 'Europe/Berlin', userData: '{"keep":7}' },
        },
        sink: { bus: 'shop' },
      },
    },
  ])
})

test('policies come before those who have them, and those before what acts by them', () => {
  const trust = { Version: '1' as const, Statement: [] }
  const items = wiringItems({
    buses: { shop: { rules: { r: { pattern: {}, role: 'sender' } } } },
    domains: { 'shop.example': { routes: [] } },
    users: { ada: { groups: ['staff'] } },
    groups: { staff: null },
    roles: { sender: { trust, policies: ['send'] } },
    policies: { send: { document: trust } },
  })
  expect(items.map(({ kind }) => kind)).toEqual(['policy', 'role', 'group', 'user', 'bus', 'domain', 'rule'])
})

test('what is there twice is refused by its name', () => {
  const stream = { source: { connector: 'file' }, sink: { queue: 'q' } }
  expect(() =>
    wiringItems({
      streams: { nightly: stream },
      schedules: { nightly: { schedule: '0 0 2 * * *', sink: { queue: 'q' } } },
    }),
  ).toThrow('stream nightly is in the wiring twice')
  expect(() => sortWiring([defineBus('a'), defineBus('a')])).toThrow('bus a is in the wiring twice')
})
