import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startServer, type TestServer } from './harness.ts'

let server: TestServer
let code = ''
beforeAll(async () => {
  server = await startServer()
  const files = { 'index.mjs': Buffer.from('export const handler = event => event').toString('base64') }
  code = String((await server.call('POST', '/api/v1/code', { files })).json?.['code'])
})
afterAll(() => server[Symbol.asyncDispose]())

/** A new function; the answer's path is that of its resource. */
async function newFunction(name: string, spec: object = {}): Promise<string> {
  const path = `/api/v1/functions/${name}`
  const answer = await server.call('PUT', path, { code, ...spec })
  expect(answer.status, answer.text).toBe(201)
  return path
}

describe('versions', () => {
  test('are numbered from 1, listed the newest first, and keep what LATEST was', async () => {
    const path = await newFunction('versioned', { description: 'one' })
    expect(await server.call('POST', `${path}/versions`, { description: 'first' })).toMatchObject({
      status: 201,
      json: { version: '1', description: 'first' },
    })
    await server.call('PUT', path, { code, description: 'two' })
    await server.call('POST', `${path}/versions`)
    const list = await server.call('GET', `${path}/versions?limit=1`)
    expect(list.json).toMatchObject({ items: [{ version: '2' }], next: '2' })
    const rest = await server.call('GET', `${path}/versions?after=2`)
    expect(rest.json).toMatchObject({ items: [{ version: '1' }] })
    expect(rest.json).not.toHaveProperty('next')
    const oldest = await server.call('GET', `${path}/versions?order=oldest`)
    expect(oldest.json).toMatchObject({ items: [{ version: '1' }, { version: '2' }] })
    expect((await server.call('GET', `${path}?qualifier=1`)).json).toMatchObject({
      spec: { description: 'one' },
    })
    expect((await server.call('GET', `${path}/versions/1`)).json).toMatchObject({
      spec: { description: 'one' },
    })
  })

  test('publishing what is published already is refused, and a number is never given again', async () => {
    const path = await newFunction('unchanged')
    await server.call('POST', `${path}/versions`)
    expect(await server.call('POST', `${path}/versions`)).toMatchObject({
      status: 409,
      json: { code: 'resource.unchanged' },
    })
    expect((await server.call('DELETE', `${path}/versions/1`)).status).toBe(204)
    expect((await server.call('GET', `${path}/versions/1`)).status).toBe(404)
    expect((await server.call('POST', `${path}/versions`)).json).toMatchObject({ version: '2' })
  })
})

describe('aliases', () => {
  test('point to versions that are there and are read, written and deleted', async () => {
    const path = await newFunction('aliased', { description: 'one' })
    await server.call('POST', `${path}/versions`)
    const created = await server.call('PUT', `${path}/aliases/prod`, { version: '1' })
    expect(created).toMatchObject({ status: 201, json: { name: 'prod', revision: 1 } })
    expect(created.headers.get('etag')).toBe('"1"')
    expect(await server.call('PUT', `${path}/aliases/prod`, { version: '1' })).toMatchObject({ status: 200 })
    expect((await server.call('GET', `${path}?qualifier=prod`)).json).toMatchObject({
      spec: { description: 'one' },
    })
    expect((await server.call('GET', `${path}/aliases`)).json).toMatchObject({ items: [{ name: 'prod' }] })
    expect((await server.call('DELETE', `${path}/aliases/prod`)).status).toBe(204)
    expect((await server.call('GET', `${path}/aliases/prod`)).status).toBe(404)
  })

  test.each([
    ['prod', { version: '7' }, 'function.setting-invalid'],
    ['prod', { version: '1', canary: { version: '1', weight: 0.5 } }, 'function.setting-invalid'],
    ['prod', { version: '1', canary: { version: '7', weight: 0.5 } }, 'function.setting-invalid'],
    ['prod', { version: '1', canary: { version: '1', weight: 1.5 } }, 'http.invalid-request'],
    ['LATEST', { version: '1' }, 'resource.name-invalid'],
    ['17', { version: '1' }, 'resource.name-invalid'],
    ['a.b', { version: '1' }, 'http.invalid-request'],
  ])('the alias %s of %j is refused', async (name, spec, refusal) => {
    await server.call('PUT', '/api/v1/functions/strict', { code })
    await server.call('POST', '/api/v1/functions/strict/versions')
    const answer = await server.call('PUT', `/api/v1/functions/strict/aliases/${name}`, spec)
    expect(answer).toMatchObject({ status: 400, json: { code: refusal } })
  })
})

describe('triggers', () => {
  test('one answers HTTP for each qualifier, and a function with triggers is deleted by force only', async () => {
    const path = await newFunction('triggered')
    expect((await server.call('PUT', `${path}/triggers/web`, { kind: 'http' })).json).toMatchObject({
      created: true,
      spec: { kind: 'http', auth: { kind: 'signature' }, enabled: true },
    })
    expect(await server.call('PUT', `${path}/triggers/second`, { kind: 'http' })).toMatchObject({
      status: 409,
      json: { code: 'function.trigger-duplicate' },
    })
    const timer = await server.call('PUT', `${path}/triggers/tick`, { kind: 'timer', schedule: '@every 1m' })
    expect(timer.status).toBe(201)
    expect(await server.call('DELETE', path)).toMatchObject({
      status: 409,
      json: { code: 'resource.in-use', seen: 2 },
    })
    expect((await server.call('DELETE', `${path}?force=true`)).status).toBe(204)
    await newFunction('triggered')
    expect((await server.call('GET', `${path}/triggers`)).json).toMatchObject({ items: [] })
  })

  test('a qualifier that is not there is refused', async () => {
    const path = await newFunction('pointed')
    const answer = await server.call('PUT', `${path}/triggers/web`, { kind: 'http', qualifier: 'prod' })
    expect(answer).toMatchObject({ status: 400, json: { code: 'function.setting-invalid' } })
  })

  test('a credential that does not fit is refused without being repeated', async () => {
    const path = await newFunction('guarded')
    const auth = { kind: 'bearer', tokens: ['tooshort'] }
    const answer = await server.call('PUT', `${path}/triggers/web`, { kind: 'http', auth })
    expect(answer.status).toBe(400)
    expect(answer.text).not.toContain('tooshort')
    expect(String((server.logged[0]?.fields?.['cause'] as Error)?.stack)).not.toContain('tooshort')
  })
})

describe('settings', () => {
  test('of asynchronous calls and of scaling belong to a qualifier', async () => {
    const path = await newFunction('settled')
    expect((await server.call('PUT', `${path}/async/LATEST`, { retriesMax: 1 })).json).toMatchObject({
      spec: { retriesMax: 1, tasks: false },
    })
    expect((await server.call('PUT', `${path}/scaling/LATEST`, { instancesMin: 1 })).status).toBe(201)
    await server.call('POST', `${path}/versions`)
    expect((await server.call('PUT', `${path}/async/1`, {})).status).toBe(201)
    expect((await server.call('PUT', `${path}/scaling/1`, {})).json).toMatchObject({
      code: 'function.setting-invalid',
    })
    expect((await server.call('GET', `${path}/async`)).json).toMatchObject({
      items: [{ name: '1' }, { name: 'LATEST' }],
    })
    expect((await server.call('DELETE', `${path}/scaling/LATEST`)).status).toBe(204)
  })

  test('reserved instances are told, 0 included, and taken back', async () => {
    const path = await newFunction('reserving')
    expect((await server.call('GET', `${path}/reserved`)).json).toEqual({ instances: null })
    expect((await server.call('PUT', `${path}/reserved`, { instances: 0 })).json).toEqual({ instances: 0 })
    expect((await server.call('DELETE', `${path}/reserved`)).status).toBe(204)
    expect((await server.call('GET', `${path}/reserved`)).json).toEqual({ instances: null })
  })

  test('a disabled function tells why it is not called, until it is enabled', async () => {
    const path = await newFunction('stopped')
    const reason = 'under investigation'
    expect((await server.call('POST', `${path}/disable`, { reason })).json).toEqual({ disabled: reason })
    const refused = await server.call('POST', `${path}/invocations`, '{}')
    expect(refused).toMatchObject({ status: 403, json: { code: 'function.disabled' } })
    expect(refused.text).toContain(reason)
    expect((await server.call('POST', `${path}/enable`)).json).toEqual({ disabled: null })
  })
})

describe('layers', () => {
  test('are published by version; a deleted one stays with who has it and is not given anew', async () => {
    const layers = '/api/v1/layers/common/versions'
    expect(await server.call('POST', layers, { code, runtimes: ['nodejs24'] })).toMatchObject({
      status: 201,
      json: { name: 'common', version: 1 },
    })
    const path = await newFunction('layered', { layers: ['common:1'] })
    expect((await server.call('POST', layers, { code })).json).toMatchObject({ version: 2 })
    expect((await server.call('GET', '/api/v1/layers')).json).toMatchObject({
      items: [{ name: 'common', version: 2 }],
    })
    expect((await server.call('DELETE', `${layers}/1`)).status).toBe(204)
    expect((await server.call('GET', `${layers}/1`)).status).toBe(404)
    const kept = await server.call('PUT', path, { code, layers: ['common:1'], description: 'changed' })
    expect(kept.status, kept.text).toBe(200)
    const anew = await server.call('PUT', '/api/v1/functions/late', { code, layers: ['common:1'] })
    expect(anew).toMatchObject({ status: 400, json: { code: 'function.layer-not-found' } })
    expect((await server.call('GET', layers)).json).toMatchObject({ items: [{ version: 2 }] })
  })

  test('a layer for other runtimes is refused', async () => {
    await server.call('POST', '/api/v1/layers/snakes/versions', { code, runtimes: ['python3.12'] })
    const answer = await server.call('PUT', '/api/v1/functions/bitten', { code, layers: ['snakes:1'] })
    expect(answer).toMatchObject({ status: 400, json: { code: 'function.layer-incompatible' } })
    expect(answer.json?.['detail']).toContain('runtime nodejs24 is not supported by layer snakes:1')
  })
})

describe('domains', () => {
  const spec = { routes: [{ path: '/*', function: 'f' }] }

  test('are written, listed and deleted by host, whose case does not matter', async () => {
    expect(await server.call('PUT', '/api/v1/domains/API.example.com', spec)).toMatchObject({
      status: 201,
      json: { name: 'api.example.com' },
    })
    expect((await server.call('PUT', '/api/v1/domains/*.example.com', spec)).status).toBe(201)
    expect((await server.call('GET', '/api/v1/domains')).json).toMatchObject({
      items: [{ name: '*.example.com' }, { name: 'api.example.com' }],
    })
    expect((await server.call('DELETE', '/api/v1/domains/api.example.com')).status).toBe(204)
    expect((await server.call('GET', '/api/v1/domains/api.example.com')).status).toBe(404)
  })

  test.each(['a b.com', 'x..com', 'a.*.com', '-a.com', 'ä.com'])('the host %j is refused', async host => {
    const answer = await server.call('PUT', `/api/v1/domains/${encodeURIComponent(host)}`, spec)
    expect(answer).toMatchObject({ status: 400, json: { code: 'resource.name-invalid' } })
  })

  test.each([
    [{ routes: [{ path: '/a*b', function: 'f' }] }],
    [{ routes: [{ path: '/', function: 'f', rewrite: { regex: [{ match: '(', replacement: '' }] } }] }],
  ])('routes that can never work are refused: %j', async routes => {
    const answer = await server.call('PUT', '/api/v1/domains/broken.example.com', routes)
    expect(answer).toMatchObject({ status: 400, json: { code: 'domain.invalid' } })
  })
})

test('parts of a function that is not there are not found', async () => {
  for (const part of ['versions', 'aliases', 'triggers', 'async', 'scaling', 'reserved', 'aliases/x']) {
    expect((await server.call('GET', `/api/v1/functions/nowhere/${part}`)).status, part).toBe(404)
  }
})
