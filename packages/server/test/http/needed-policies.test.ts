import { afterAll, beforeAll, expect, test } from 'vitest'
import { startServer, testAccount, type TestServer } from './harness.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server[Symbol.asyncDispose]())

const on = (service: string, rest: string): string => `acs:${service}:local:${testAccount}:${rest}`
const allow = (Action: string, ...Resource: string[]) => ({ Effect: 'Allow', Action, Resource })

async function rolesOf(wiring: object): Promise<unknown> {
  const { status, text, json } = await server.call('POST', '/api/v1/needed-policies', wiring)
  expect(status, text).toBe(200)
  return json?.['roles']
}

test('each role of a wiring gets what its parts need together, though nothing of it is there', async () => {
  const rules = [
    {
      role: 'courier',
      pattern: {},
      targets: [{ id: 'a', sink: { function: 'work' }, deadLetter: { queue: 'lost' } }],
    },
    {
      role: 'courier',
      pattern: {},
      targets: [
        { id: 'b', sink: { function: 'work' } },
        { id: 'c', role: 'other', sink: { bus: 'far' } },
      ],
    },
  ]
  const functions = [
    { role: 'courier', async: [{ onFailure: { queue: 'failed' } }] },
    { role: `acs:ram::${testAccount}:role/quiet`, async: [] },
  ]
  expect(await rolesOf({ rules, functions })).toEqual([
    {
      role: 'courier',
      services: ['eventbridge.aliyuncs.com', 'fc.aliyuncs.com'],
      document: {
        Version: '1',
        Statement: [
          allow('fc:InvokeFunction', on('fc', 'functions/work')),
          allow('mns:SendMessage', on('mns', '/queues/lost/messages'), on('mns', '/queues/failed/messages')),
        ],
      },
    },
    {
      role: 'other',
      services: ['eventbridge.aliyuncs.com'],
      document: {
        Version: '1',
        Statement: [allow('eventbridge:PutEvents', on('eventbridge', 'eventbus/far'))],
      },
    },
    { role: 'quiet', services: ['fc.aliyuncs.com'] },
  ])
})

test('the source and the sink of a stream may have roles of their own', async () => {
  const stream = {
    roles: { source: 'reader', sink: 'writer' },
    source: { connector: 'kafka', instance: 'far', options: { topic: 't' } },
    sink: { queue: 'near' },
  }
  expect(await rolesOf({ streams: [stream] })).toMatchObject([
    {
      role: 'reader',
      document: { Statement: [allow('millrace:UseInstance', on('millrace', 'instance/far'))] },
    },
    {
      role: 'writer',
      document: { Statement: [allow('mns:SendMessage', on('mns', '/queues/near/messages'))] },
    },
  ])
})

test('what has no role is left out, and what is no rule is refused', async () => {
  const rule = { pattern: {}, targets: [{ id: 'a', sink: { queue: 'q' } }] }
  expect(await rolesOf({ rules: [rule], functions: [{ async: [] }] })).toEqual([])
  const refused = await server.call('POST', '/api/v1/needed-policies', { rules: [{ role: 'r', targets: 1 }] })
  expect(refused).toMatchObject({ status: 400, json: { code: 'http.invalid-request' } })
})
