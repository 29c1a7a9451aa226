import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { allErrorCatalogues, functionComputePaths } from '../../src/http/index.ts'
import { type Answer, startServer, type TestServer } from './harness.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer({ lingerMs: 200 })
  await server.call('PUT', '/api/v1/buses/orders', {})
})
afterAll(() => server[Symbol.asyncDispose]())

interface OpenApiOperation {
  readonly operationId?: string
  readonly summary?: string
  readonly parameters?: readonly { in: string; name: string; required?: boolean; schema: object }[]
  readonly requestBody?: { content: Record<string, { schema: object }> }
  readonly responses: Record<string, { description: string; content?: Record<string, object> }>
}
interface OpenApiDocument {
  readonly openapi: string
  readonly info: { title: string; version: string }
  readonly paths: Record<string, Record<string, OpenApiOperation>>
  readonly components: {
    schemas: Record<string, object>
    securitySchemes: Record<string, { type: string; scheme: string }>
  }
  readonly security: readonly Record<string, string[]>[]
}

async function document(): Promise<OpenApiDocument> {
  return (await server.call('GET', '/api/v1/openapi.json')).json as unknown as OpenApiDocument
}

/** A path that can be called: each parameter gets a value that is valid. */
function callable(path: string): string {
  return path.replaceAll(/:(\w+)/g, (_, name: string) => (name === 'position' ? '1' : 'orders'))
}

/** Compatible interfaces have statuses and codes of their own. */
function strangerAnswer(path: string): { readonly status: number; readonly code: string } {
  if (isFunctionCompute(path)) return { status: 400, code: 'MissingRequiredHeader' }
  return { status: 401, code: path.startsWith('/openapi/') ? 'InvalidAccessKeyId' : 'auth.unauthenticated' }
}

function isFunctionCompute(path: string): boolean {
  return functionComputePaths.some(start => path.startsWith(start))
}

/** Whether a refusal has the shape of its interface: a code, and what it means. */
function isRefusal(path: string, { json, status, text }: Answer): boolean {
  // The console answers people.
  if (path.startsWith('/console')) return /(?:http|login)\.[a-z-]+<\//.test(text)
  const has = (...names: string[]): boolean => names.every(name => typeof json?.[name] === 'string')
  if (isFunctionCompute(path)) return has('Code', 'Message', 'RequestId', 'ErrorCode', 'ErrorMessage')
  const isEventBridge = path.startsWith('/openapi/') || path === '/webhook/putEvents'
  return has('code') && (isEventBridge ? has('message') : json?.['status'] === status)
}

/** Webhooks are let in by the token of their address, packages of code by the signature of a link. */
const openPaths = [
  '/healthz',
  '/readyz',
  '/console',
  '/console/',
  '/console/events',
  '/console/login',
  '/console/logout',
  '/console/oidc',
  '/console/oidc/callback',
  '/console/style.css',
  '/mns-signing-certificate.pem',
  '/webhook/putEvents',
  '/2016-08-15/code-packages/:code',
]

describe('credentials', () => {
  test('every operation but health, the console, the certificate, webhooks and links refuses a request without them', async () => {
    const closed = server.listener.routes.filter(({ path }) => !openPaths.includes(path))
    expect(closed.length).toBeGreaterThan(20)
    for (const { path, methods } of closed) {
      for (const method of methods) {
        const answer = await server.call(method, callable(path), undefined, { authorization: '' })
        const { status, code } = strangerAnswer(path)
        expect(answer.status, `${method} ${path}`).toBe(status)
        expect(answer.headers.get('www-authenticate')).toContain('Bearer')
        const seen = answer.json?.['code'] ?? answer.json?.['Code'] ?? method
        expect(seen, `${method} ${path}`).toBe(method === 'HEAD' ? 'HEAD' : code)
      }
    }
  })

  test('exactly health, the console, the certificate, webhooks and links are open', () => {
    const open = server.listener.routes.filter(({ isOpen }) => isOpen).map(({ path }) => path)

    expect(open.sort()).toEqual([...openPaths].sort())
  })

  test('a path that is not there does not tell a stranger so', async () => {
    expect((await server.call('GET', '/api/v1/secret', undefined, { authorization: '' })).status).toBe(401)
  })

  test('missing, malformed, unknown and wrong credentials get the same answer', async () => {
    const answers = new Set<string>()
    for (const authorization of [
      '',
      'Basic YTpi',
      'Bearer',
      'Bearer x',
      'Bearer MRTEST.wrong',
      'Bearer NOBODY.wrong',
    ]) {
      const { status, text, headers } = await server.call('GET', '/api/v1/buses', undefined, {
        authorization,
      })
      answers.add(`${status} ${text} ${headers.get('www-authenticate')}`)
    }

    expect(answers.size).toBe(1)
  })
})

describe('the OpenAPI document', () => {
  test('is 3.1 and describes every operation of the API with a summary, an id of its own and its refusals', async () => {
    const { openapi, paths, security, components } = await document()
    expect(openapi).toMatch(/^3\.1\.\d$/)
    expect(security).toEqual([{ bearer: [] }])
    expect(components.securitySchemes['bearer']).toMatchObject({ type: 'http', scheme: 'bearer' })
    const ids: unknown[] = []
    for (const [path, operations] of Object.entries(paths)) {
      for (const [method, operation] of Object.entries(operations)) {
        const name = `${method} ${path}`
        ids.push(operation.operationId)
        expect(operation.operationId, name).toMatch(/^[a-z][A-Za-z]+$/)
        expect(operation.summary, name).toMatch(/^[A-Z].{8,}\.$/)
        expect(Object.keys(operation.responses), name).toEqual(expect.arrayContaining(['400', '401', '500']))
        expect(
          Object.keys(operation.responses).some(status => status.startsWith('2')),
          name,
        ).toBe(true)
        expect(operation.responses['401']?.content, name).toHaveProperty('application/problem+json')
      }
    }
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('has exactly the routes that exist under /api/v1', async () => {
    const { paths } = await document()
    const described = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations).map(method => `${method.toUpperCase()} ${path}`),
    )
    const existing = server.listener.routes
      .filter(({ path }) => path.startsWith('/api/v1'))
      .flatMap(({ path, methods }) =>
        [...methods]
          .filter(method => method !== 'HEAD')
          .map(method => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`),
      )

    expect(described.sort()).toEqual(existing.sort())
  })

  test('declares every parameter of a path once, as required and with a schema', async () => {
    const { paths } = await document()
    for (const [path, operations] of Object.entries(paths)) {
      const wanted = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => String(name)).sort()
      for (const { parameters = [] } of Object.values(operations)) {
        const declared = parameters.filter(parameter => parameter.in === 'path')
        expect(declared.map(({ name }) => name).sort(), path).toEqual(wanted)
        for (const parameter of parameters) {
          expect(parameter.schema, `${path} ${parameter.name}`).toBeTypeOf('object')
          expect(parameter.required, parameter.name).toBe(
            parameter.in === 'path' || (parameter.required ?? false),
          )
        }
      }
    }
  })

  test('does not ask for what has a default, and has no reference that leads nowhere', async () => {
    const text = (await server.call('GET', '/api/v1/openapi.json')).text
    const { paths, components } = await document()
    const body = paths['/api/v1/buses/{bus}']?.['put']?.requestBody?.content['application/json']?.schema

    expect(body).toHaveProperty('properties.retentionMs.default')
    expect(body).not.toHaveProperty('required')
    const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference)
    expect(new Set(references)).toEqual(new Set(['#/components/schemas/Problem']))
    expect(components).toHaveProperty('schemas.Problem.properties.code')
    expect(text).not.toContain('x-millrace-body')
  })

  test('names no code that the catalogue does not have', async () => {
    const codes = new Set(allErrorCatalogues.flatMap(catalogue => Object.keys(catalogue)))
    const { paths } = await document()
    const text = Object.values(paths)
      .flatMap(operations => Object.values(operations))
      .flatMap(({ responses }) => Object.values(responses))
      .map(({ description }) => description)
      .join()
    const named = [...text.matchAll(/`([a-z]+\.[a-z-]+)`/g)].map(([, code]) => String(code))
    expect(named.length).toBeGreaterThan(20)

    for (const code of named) expect(codes, code).toContain(code)
  })
})

describe('whatever is sent', () => {
  const contentTypes = [
    'application/cloudevents+json',
    'application/cloudevents-batch+json',
    'application/json',
    'text/plain',
    'application/octet-stream',
    '',
    'x',
    'a/b; c=d; charset=utf-8',
  ]

  test('random bytes to any operation never crash it and never look like a failure of the server', async () => {
    const routes = server.listener.routes.flatMap(({ path, methods }) =>
      [...methods].filter(method => method !== 'HEAD' && method !== 'GET').map(method => ({ method, path })),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...routes),
        fc.constantFrom(...contentTypes),
        fc.oneof(
          fc.uint8Array({ maxLength: 300 }),
          fc.json().map(text => Buffer.from(text)),
        ),
        async ({ method, path }, contentType, body) => {
          const answer = await server.call(method, callable(path), body, { 'content-type': contentType })
          expect(answer.status, `${method} ${path} ${answer.text}`).toBeLessThan(500)
          expect(answer.status < 400 || isRefusal(path, answer), answer.text).toBe(true)
        },
      ),
      { numRuns: 300 },
    )
    expect(server.logged).toEqual([])
  }, 60_000)

  test('random events in binary mode are accepted or refused, never a failure', async () => {
    const header = fc.string({ unit: fc.constantFrom(...Array.from('abc%20/:"\\ é1')), maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(
        header,
        header,
        header,
        fc.uint8Array({ maxLength: 100 }),
        async (id, source, type, body) => {
          const latin = (text: string): string => text.trim()
          const answer = await server.call('POST', '/api/v1/buses/orders/events', body, {
            'content-type': 'application/json',
            'ce-specversion': '1.0',
            'ce-id': latin(id),
            'ce-source': latin(source),
            'ce-type': latin(type),
          })
          expect(answer.status).toBeLessThan(500)
        },
      ),
      { numRuns: 200 },
    )
    expect(server.logged).toEqual([])
  }, 60_000)

  test('random queries and names are answered, never a failure', async () => {
    const routes = server.listener.routes.filter(
      ({ methods, path }) => methods.has('GET') && path.startsWith('/api'),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...routes),
        fc.string({ maxLength: 30 }),
        fc.string({ maxLength: 40 }),
        async ({ path }, name, query) => {
          const filled = path.replaceAll(/:\w+/g, () => encodeURIComponent(name.toWellFormed()) || 'x')
          const answer = await server.call('GET', `${filled}?${encodeURI(query.toWellFormed())}`)
          expect(answer.status, filled).toBeLessThan(500)
        },
      ),
      { numRuns: 200 },
    )
    expect(server.logged).toEqual([])
  }, 60_000)
})
