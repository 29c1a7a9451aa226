import { afterAll, beforeAll, expect, test } from 'vitest'
import { startServer, type TestServer } from './harness.ts'

const path = '/api/v1/runtimes'
const own = `nodejs${process.versions.node.split('.')[0]}`

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server[Symbol.asyncDispose]())

test('the list has all languages of the machine, and what is there is not installed again', async () => {
  const { json } = await server.call('GET', path)
  const items = json?.['items'] as { name: string }[]
  expect(items).toContainEqual({
    name: own,
    language: 'nodejs',
    version: process.versions.node,
    added: false,
  })
  expect(items.map(({ name }) => name)).toEqual(expect.arrayContaining(['custom', 'custom.debian12', 'go1']))
  const again = await server.call('POST', `${path}/${own}`)
  expect(again).toMatchObject({ status: 200, json: { name: own, added: false } })
})

test.each(['customfoo', 'ruby3', 'nodejs18', 'go7'])(
  '%s is refused with what there is, for a function and for the machine',
  async name => {
    const files = { 'index.js': Buffer.from('exports.handler = () => 1').toString('base64') }
    const uploaded = await server.call('POST', '/api/v1/code', { files })
    const spec = { runtime: name, handler: 'index.handler', code: uploaded.json?.['code'] }
    const refusal = {
      status: 400,
      json: {
        code: 'function.runtime-unknown',
        detail: expect.stringMatching(/installed: custom, .*go1, .*nodejs/),
      },
    }
    expect(await server.call('PUT', '/api/v1/functions/orders', spec)).toMatchObject(refusal)
    expect(await server.call('POST', `${path}/${name}`)).toMatchObject(refusal)
  },
)

test('live messages end with the refusal, too', async () => {
  const { text } = await server.call('POST', `${path}/nodejs18`, undefined, { accept: 'text/event-stream' })
  expect(text).toContain('"code":"function.runtime-unknown"')
  expect(text).toContain('event: end')
})

test('what the machine has is not removed', async () => {
  expect(await server.call('DELETE', `${path}/${own}`)).toMatchObject({
    status: 404,
    json: { code: 'resource.not-found' },
  })
})
