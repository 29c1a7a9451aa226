import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startServer, type TestServer } from './harness.ts'
import { statusOf } from './quiet-services.ts'

let server: TestServer
let resumed: string[]
beforeEach(async () => {
  resumed = []
  server = await startServer({}, services => ({
    ...services,
    streams: {
      status: async (account, name) => statusOf(account, name),
      resume: async (_account, name) => void resumed.push(name),
    },
  }))
})
afterEach(() => server[Symbol.asyncDispose]())

const spec = { source: { connector: 'echo' }, sink: { bus: 'b' } }

describe('streams', () => {
  test('are written, read, listed and deleted, with revisions', async () => {
    const put = await server.call('PUT', '/api/v1/streams/s', spec)
    expect([put.status, put.json?.['created'], put.headers.get('etag')]).toEqual([201, true, '"1"'])
    const again = await server.call('PUT', '/api/v1/streams/s', spec)
    expect([again.status, again.json?.['revision']]).toEqual([200, 1])
    const stale = await server.call('PUT', '/api/v1/streams/s', spec, { 'if-match': '"7"' })
    expect([stale.status, stale.json?.['code']]).toEqual([412, 'resource.conflict'])

    const { json } = await server.call('GET', '/api/v1/streams/s')
    expect(json).toMatchObject({ name: 's', spec: { tasksMax: 1, batch: { countMax: 100 }, paused: false } })
    const list = await server.call('GET', '/api/v1/streams')
    expect(list.json?.['items']).toEqual([json])
    expect((await server.call('DELETE', '/api/v1/streams/s')).status).toBe(204)
    expect((await server.call('GET', '/api/v1/streams/s')).json).toMatchObject({ code: 'resource.not-found' })
  })

  test('are counted by the status of the node', async () => {
    await server.call('PUT', '/api/v1/streams/s', spec)

    expect((await server.call('GET', '/api/v1/status')).json).toMatchObject({ streams: 1 })
  })

  test('whose spec does not fit are refused with the place', async () => {
    const answer = await server.call('PUT', '/api/v1/streams/s', { ...spec, batch: { countMax: 0 } })

    expect(answer.status).toBe(400)
    expect(answer.text).toContain('countMax')
  })

  test('pause and resume as a part of their spec, and the engine is told to go on', async () => {
    await server.call('PUT', '/api/v1/streams/s', spec)
    const paused = async (): Promise<unknown> =>
      (await server.call('GET', '/api/v1/streams/s')).json?.['spec']

    expect((await server.call('POST', '/api/v1/streams/s/pause')).status).toBe(204)
    expect(await paused()).toMatchObject({ paused: true })
    expect(resumed).toEqual([])
    expect((await server.call('POST', '/api/v1/streams/s/resume')).status).toBe(204)
    expect(await paused()).toMatchObject({ paused: false })
    expect(resumed).toEqual(['s'])
  })

  test('tell how they stand; what is not there is 404', async () => {
    await server.call('PUT', '/api/v1/streams/s', spec)

    expect((await server.call('GET', '/api/v1/streams/s/status')).json).toMatchObject({
      name: 's',
      state: 'running',
    })
    expect((await server.call('GET', '/api/v1/streams/s/status')).json).not.toHaveProperty('account')
    for (const [method, part] of [
      ['GET', 'status'],
      ['POST', 'pause'],
      ['POST', 'resume'],
    ] as const) {
      const answer = await server.call(method, `/api/v1/streams/nowhere/${part}`)
      expect([answer.status, answer.json?.['code']]).toEqual([404, 'resource.not-found'])
    }
  })
})

describe('instances', () => {
  test('are written, read, listed, and deleted unless a stream names them', async () => {
    const instance = { connector: 'echo', options: {} }
    expect((await server.call('PUT', '/api/v1/instances/main', instance)).status).toBe(201)
    await server.call('PUT', '/api/v1/streams/s', {
      ...spec,
      source: { connector: 'echo', instance: 'main' },
    })

    const held = await server.call('DELETE', '/api/v1/instances/main')
    expect([held.status, held.json?.['code']]).toEqual([409, 'resource.in-use'])
    const list = await server.call('GET', '/api/v1/instances')
    expect(list.json?.['items']).toMatchObject([{ name: 'main', spec: { connector: 'echo' }, revision: 1 }])
    await server.call('DELETE', '/api/v1/streams/s')
    expect((await server.call('DELETE', '/api/v1/instances/main')).status).toBe(204)
  })
})

test('the catalogue tells the options of sinks, sources and connections, whatever a connector has', async () => {
  const { json } = await server.call('GET', '/api/v1/connectors')
  const items = json?.['items'] as Record<string, unknown>[]

  expect(items.find(({ system }) => system === 'http')).toMatchObject({
    sink: { options: { type: 'object', properties: { url: { type: 'string' } } } },
  })
})
