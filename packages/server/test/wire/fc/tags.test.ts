import { afterAll, beforeAll, expect, test } from 'vitest'
import { userKey } from '../roles.ts'
import { codeOf, type FcServer, model, runtime, startFcServer, zipOf } from './fixture.ts'

/** Conditions on tags, by the vendor's client of the third generation. */
let server: FcServer
let zipFile: string
beforeAll(async () => {
  server = await startFcServer()
  zipFile = await zipOf({ 'index.js': 'exports.handler = async () => 1' })
})
afterAll(() => server[Symbol.asyncDispose]())

const ofShop = (kind: string) => ({ Condition: { StringEquals: { [`acs:${kind}Tag/team`]: 'shop' } } })

test('who may make functions with a tag only makes no others, and reads those that have it', async () => {
  const allow = { Effect: 'Allow', Resource: '*' }
  const Statement = [
    { ...allow, Action: 'fc:CreateFunction', ...ofShop('Request') },
    { ...allow, Action: 'fc:GetFunction', ...ofShop('Resource') },
  ]
  const client = server.client3(await userKey(server, 'maker', { document: { Version: '1', Statement } }))
  const input = (functionName: string, ...teams: string[]): never =>
    model('CreateFunctionRequest', {
      body: model('CreateFunctionInput', {
        functionName,
        runtime,
        handler: 'index.handler',
        code: model('InputCodeLocation', { zipFile }),
        tags: teams.map(value => model('Tag', { key: 'team', value })),
      }),
    })
  expect(await codeOf(client.createFunction(input('a')))).toBe('AccessDenied')
  expect(await codeOf(client.createFunction(input('b', 'other')))).toBe('AccessDenied')
  expect(await codeOf(client.createFunction(input('c', 'shop')))).toBeUndefined()
  await server.client3().createFunction(input('d', 'other'))
  const read = (name: string) => codeOf(client.getFunction(name, model('GetFunctionRequest', {})))
  expect(await read('c')).toBeUndefined()
  expect(await read('d')).toBe('AccessDenied')
})
