import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createTestMillrace, defineFunction, defineTrigger } from '../src/index.ts'
import type { FunctionContext } from '../src/functions/index.ts'

const code = join(import.meta.dirname, 'functions')

/** Every member that the type has, with its kind. */
const contextKinds = {
  requestId: 'string',
  credentials: { accessKeyId: 'string', accessKeySecret: 'string', securityToken: 'string' },
  function: {
    name: 'string',
    handler: 'string',
    memory: 'number',
    timeout: 'number',
    initializer: 'string',
    initializationTimeout: 'number',
  },
  service: {
    name: 'string',
    logProject: 'string',
    logStore: 'string',
    qualifier: 'string',
    versionId: 'string',
  },
  region: 'string',
  accountId: 'string',
  retryCount: 'number',
  tracing: 'object',
  logger: { debug: 'function', info: 'function', log: 'function', warn: 'function', error: 'function' },
  deadlineMs: 'number',
  signal: 'object',
} satisfies Record<keyof FunctionContext, unknown>

test('code gets what the types of handlers promise', async () => {
  await using millrace = await createTestMillrace({
    wiring: [
      defineFunction('described', {
        code,
        handler: 'described.handler',
        initializer: 'described.initializer',
      }),
      defineFunction('served', { code, handler: 'described.http', handlerKind: 'http' }),
      defineTrigger('served', 'web', { kind: 'http', auth: { kind: 'none' } }),
    ],
  })
  const { client } = millrace

  const answer = JSON.parse(Buffer.from(await client.invoke('described', 'x')).toString()) as unknown
  expect(answer).toMatchObject({ isBytes: true, isInitialized: true, context: contextKinds })

  const response = await fetch(`${await client.functionUrl('served')}a/b?n=1&n=2&m=3`, {
    method: 'POST',
    body: 'x',
  })
  expect(response.status).toBe(201)
  expect(response.headers.get('x-was')).toBe('absent')
  expect(await response.json()).toEqual({
    request: {
      method: 'string',
      path: 'string',
      queries: { n: { 0: 'string', 1: 'string' }, m: 'string' },
      clientIP: 'string',
      url: 'string',
      body: 'boolean',
    },
    queries: { n: ['1', '2'], m: '3' },
    context: true,
  })
})
