import { request as sendRequest } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { echo, open, openStage, type Stage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
  for (const name of ['first', 'second']) {
    await stage.put(
      name,
      `export const handler = async event => {
         const { rawPath, queryParameters, requestContext } = JSON.parse(event)
         return { name: '${name}', rawPath, queryParameters, domain: requestContext.domainName }
       }`,
    )
    await stage.trigger(name, open)
  }
  await stage.put('bare', echo)
  await stage.domain('api.example.com', {
    routes: [
      { path: '/', function: 'first' },
      { path: '/v1/*', function: 'first', rewrite: rewriteOf({ wildcard: [['/v1/*', '/$1']] }) },
      { path: '/re/*', function: 'first', rewrite: rewriteOf({ regex: [['^/re/(\\d+)$', '/item?id=$1']] }) },
      { path: '/v2/*', function: 'second', methods: ['POST'] },
      { path: '/bare', function: 'bare' },
      { path: '/gone', function: 'gone' },
    ],
  })
  await stage.domain('*.example.com', { routes: [{ path: '/*', function: 'second' }] })
  await stage.domain('localhost', { routes: [{ path: '/*', function: 'second' }] })
  await stage.domain('safe.example.org', {
    auth: { kind: 'bearer', tokens: ['the-token-of-the-domain'] },
    cors: { origins: ['https://page.example'] },
    routes: [{ path: '/*', function: 'first' }],
  })
})
afterAll(() => stage[Symbol.asyncDispose]())

function rewriteOf(rules: Record<string, [string, string][]>) {
  const given = Object.entries(rules).map(([kind, list]) => [
    kind,
    list.map(([match, replacement]) => ({ match, replacement })),
  ])
  return { equal: [], wildcard: [], regex: [], ...(Object.fromEntries(given) as object) }
}

interface Answered {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly json: Record<string, unknown>
}

function ask(
  host: string,
  path: string,
  method = 'GET',
  headers: Record<string, string> = {},
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const { port } = stage.server.listener
    const sent = sendRequest({ host: '127.0.0.1', port, path, method, headers: { host, ...headers } })
    sent.on('error', reject)
    sent.on('response', response => {
      void text(response).then(body => {
        const json = body === '' ? {} : (JSON.parse(body) as Record<string, unknown>)
        resolve({ status: response.statusCode ?? 0, headers: response.headers, json })
      }, reject)
    })
    sent.end()
  })
}

describe('a request to the host of a domain', () => {
  test('goes by its routes to a function, with the path as it is or rewritten', async () => {
    expect((await ask('api.example.com', '/')).json).toMatchObject({ name: 'first', rawPath: '/' })
    expect((await ask('API.example.com:8400', '/v1/a/b?x=1')).json).toEqual({
      name: 'first',
      rawPath: '/a/b',
      queryParameters: { x: '1' },
      domain: 'api.example.com',
    })
    expect((await ask('api.example.com', '/re/42?x=1')).json).toMatchObject({
      rawPath: '/item',
      queryParameters: { id: '42', x: '1' },
    })
  })

  test('is the domain’s before any route of the server', async () => {
    expect((await ask('other.example.com', '/healthz')).json).toMatchObject({
      name: 'second',
      rawPath: '/healthz',
    })
    expect((await ask('other.example.com', '/fn/1/x')).json).toMatchObject({ rawPath: '/fn/1/x' })
  })

  test('may have pages: it is no download', async () => {
    expect((await ask('api.example.com', '/')).headers['content-disposition']).toBeUndefined()
  })

  test.each([
    ['/nowhere', 'GET', 404, 'DomainRouteNotFound'],
    ['/v2/a', 'GET', 403, 'AccessDenied'],
    ['/bare', 'GET', 404, 'TriggerNotFound'],
    ['/gone', 'GET', 404, 'FunctionNotFound'],
  ])('%s by %s is refused with %i %s', async (path, method, status, Code) => {
    expect(await ask('api.example.com', path, method)).toMatchObject({ status, json: { Code } })
  })

  test('by a method of the route is let through', async () => {
    expect((await ask('api.example.com', '/v2/a', 'POST')).json).toMatchObject({ name: 'second' })
  })

  test('is let in by the rules of the domain', async () => {
    const authorization = 'Bearer the-token-of-the-domain'
    expect(await ask('safe.example.org', '/')).toMatchObject({ status: 401 })
    const origin = 'https://page.example'
    const answered = await ask('safe.example.org', '/', 'GET', { authorization, origin })
    expect(answered.status).toBe(200)
    expect(answered.headers['access-control-allow-origin']).toBe(origin)
    expect(answered.headers['access-control-allow-credentials']).toBeUndefined()
  })

  test('asks about other origins without any credentials', async () => {
    const answered = await ask('safe.example.org', '/', 'OPTIONS', {
      origin: 'https://page.example',
      'access-control-request-method': 'GET',
    })
    expect(answered.status).toBe(204)
    expect(answered.headers['access-control-allow-methods']).toContain('GET')
  })
})

test('no domain takes the names and addresses of the server away', async () => {
  for (const host of ['localhost', '127.0.0.1', '[::1]:80']) {
    expect((await ask(host, '/healthz')).json).not.toMatchObject({ name: 'second' })
  }
  expect((await ask('unknown.host', '/healthz')).json).not.toMatchObject({ name: 'second' })
})
