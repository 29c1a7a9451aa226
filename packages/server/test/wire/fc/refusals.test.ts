import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { functionComputeInterfaces } from '../../../src/http/index.ts'
import { codeOf, type FcServer, model, runtime, sdk3, startFcServer, zipOf } from './fixture.ts'
import { acs3Request, nativeRequest, send, type WireAnswer, type WireRequest } from './signing.ts'

let server: FcServer
let zipFile: string

beforeAll(async () => {
  server = await startFcServer()
  zipFile = await zipOf({ 'index.js': 'exports.handler = async event => event' })
  const body = model('CreateFunctionInput', {
    functionName: 'here',
    runtime,
    handler: 'index.handler',
    code: { zipFile },
  })
  await server.client3().createFunction(model('CreateFunctionRequest', { body }))
})
afterAll(() => server[Symbol.asyncDispose]())

/** The code of a refusal, which must have the whole shape that clients of both generations read. */
function refusal({ status, headers, text }: WireAnswer): string {
  const body = JSON.parse(text) as Record<string, unknown>
  expect(headers['content-type']).toBe('application/json; charset=utf-8')
  expect(body).toEqual({
    Code: expect.any(String),
    Message: expect.any(String),
    RequestId: headers['x-fc-request-id'],
    ErrorCode: body['Code'],
    ErrorMessage: body['Message'],
  })
  return `${status} ${String(body['Code'])}`
}

const list = '/2023-03-30/functions'
const services = '/2016-08-15/services'
const minuteMs = 60_000
/** What the client knows of a definition, and what only older ones say. */
const memberNames = [
  ...Object.values(sdk3.CreateFunctionInput.names()),
  'initializer',
  'initializationTimeout',
  'caPort',
  'customHealthCheckConfig',
  'instanceType',
  'gpuMemorySize',
]

describe('credentials, before anything else is looked at', () => {
  // With the client's own time-out of three seconds.
  const denied = (settings: object) =>
    codeOf(server.client3({ ...settings }).listFunctions(model('ListFunctionsRequest', {})))

  test('of the third generation: an unknown key, a wrong secret, a token', async () => {
    expect(await denied({ accessKeyId: 'nobody' })).toBe('InvalidAccessKeyID')
    expect(await denied({ accessKeySecret: 'wrong' })).toBe('SignatureNotMatch')
    expect(await denied({ securityToken: 'token' })).toBe('InvalidSecurityToken')
  })

  test('of the second generation: an unknown key, a wrong secret, a token', async () => {
    const listServices = (settings: object) => {
      const client = server.client2({ ...settings })
      return codeOf(Reflect.apply(client['listServices'] ?? fail, client, []))
    }
    expect(await listServices({ accessKeyID: 'nobody' })).toBe('InvalidAccessKeyID')
    expect(await listServices({ accessKeySecret: 'wrong' })).toBe('SignatureNotMatch')
    expect(await listServices({ accessKeyID: 'STS.a', securityToken: 'token' })).toBe('InvalidSecurityToken')
  })

  test('none at all', async () => {
    for (const path of [list, services, '/2023-03-30/nowhere', '/2021-04-06/services']) {
      const answer = await send(server.endpoint, { method: 'GET', path, headers: {}, body: Buffer.alloc(0) })
      expect(refusal(answer)).toBe('400 MissingRequiredHeader')
    }
  })
})

describe('signed requests', () => {
  const forms = [
    ['of the third generation', acs3Request, list],
    ['of the second generation', nativeRequest, services],
  ] as const

  test.each(forms)(
    '%s: a stale date is refused, one that is a little off is not',
    async (_name, sign, path) => {
      const at = (shiftMs: number) =>
        send(server.endpoint, sign('GET', path, '', { host: server.endpoint, atMs: Date.now() + shiftMs }))
      expect(refusal(await at(-16 * minuteMs))).toBe('403 AccessDenied')
      expect(refusal(await at(16 * minuteMs))).toBe('403 AccessDenied')
      expect((await at(-14 * minuteMs)).status).toBe(200)
    },
  )

  test.each(forms)('%s: an altered body, path, method or header is refused', async (_name, sign, path) => {
    const signed = sign('POST', path, '{"a":1}', {
      host: server.endpoint,
      extra: { 'x-fc-trace-id': 'a', 'x-acs-action': 'a' },
    })
    const altered: Partial<WireRequest>[] = [
      { body: Buffer.from('{"a":2}') },
      { path: `${path}/other` },
      { method: 'PUT' },
      { headers: { ...signed.headers, 'x-fc-trace-id': 'b', 'x-acs-action': 'b' } },
    ]
    for (const change of altered) {
      expect(refusal(await send(server.endpoint, { ...signed, ...change }))).toBe('403 SignatureNotMatch')
    }
  })

  test('of the third generation are taken once', async () => {
    const signed = acs3Request('GET', list, '', { host: server.endpoint })
    expect((await send(server.endpoint, signed)).status).toBe(200)
    expect(refusal(await send(server.endpoint, signed))).toBe('403 SignatureNotMatch')
  })

  test('are understood in the middle version too', async () => {
    const signing = { host: server.endpoint }
    const service = JSON.stringify({ serviceName: 'middle' })
    const made = await send(server.endpoint, acs3Request('POST', '/2021-04-06/services', service, signing))
    expect(made.status).toBe(200)
    const code = { zipFile }
    const definition = { functionName: 'f', runtime, handler: 'index.handler', code, InstanceConcurrency: 2 }
    const functions = '/2021-04-06/services/middle/functions'
    const created = await send(
      server.endpoint,
      acs3Request('POST', functions, JSON.stringify(definition), signing),
    )
    expect(JSON.parse(created.text)).toMatchObject({ functionName: 'f', instanceConcurrency: 2 })
    const trigger = {
      triggerName: 't',
      triggerType: 'timer',
      triggerConfig: '{"cronExpression":"@every 60m"}',
    }
    const path = `${functions}/f/triggers`
    const written = await send(server.endpoint, acs3Request('POST', path, JSON.stringify(trigger), signing))
    expect(JSON.parse(written.text)).toMatchObject(trigger)
    const tags = JSON.stringify({ resourceArn: 'services/middle', tags: { a: 'b' } })
    expect((await send(server.endpoint, acs3Request('POST', '/2021-04-06/tag', tags, signing))).status).toBe(
      204,
    )
    const untag = JSON.stringify({ resourceArn: 'services/middle', tagKeys: ['a'] })
    expect((await send(server.endpoint, acs3Request('PUT', '/2021-04-06/tag', untag, signing))).status).toBe(
      204,
    )
  })

  test('count below the paths of this interface only', async () => {
    const answer = await send(
      server.endpoint,
      acs3Request('GET', '/api/v1/functions', '', { host: server.endpoint }),
    )
    expect(answer.status).toBe(401)
  })
})

describe('requests that mean nothing', () => {
  const bearer = { authorization: 'Bearer testAK.testSK', 'content-type': 'application/json' }
  const post = (path: string, text: string | Buffer, method = 'POST') =>
    send(server.endpoint, { method, path, headers: bearer, body: Buffer.from(text) })

  test('an unknown action is told so', async () => {
    expect(refusal(await post('/2023-03-30/nowhere', '', 'GET'))).toBe('400 PathNotSupported')
    expect(refusal(await post('/2023-03-30/functions', '', 'DELETE'))).toBe('400 PathNotSupported')
    expect(refusal(await post('/2016-08-15/services/a/nothing', '', 'GET'))).toBe('400 PathNotSupported')
  })

  test('a body that is no JSON object, or too large', async () => {
    for (const text of ['{', '[]', '"x"', '5', '{"__proto__":{"a":1}}', '\u00ff']) {
      expect(refusal(await post('/2023-03-30/functions/here/aliases', text))).toBe('400 InvalidArgument')
    }
    expect(refusal(await post('/2023-03-30/functions/here/aliases', Buffer.alloc(1_048_577, 32)))).toBe(
      '400 EntityTooLarge',
    )
    expect(refusal(await post('/2023-03-30/functions/here/invocations', Buffer.alloc(33_554_433)))).toBe(
      '400 EntityTooLarge',
    )
    const headers = { ...bearer, 'x-fc-invocation-type': 'Async' }
    const path = '/2023-03-30/functions/here/invocations'
    const large = { method: 'POST', path, headers, body: Buffer.alloc(131_073) }
    expect(refusal(await send(server.endpoint, large))).toBe('400 EntityTooLarge')
  })

  test('each member of a definition with a value of another type', async () => {
    const whole = { functionName: 'x', runtime, handler: 'index.handler', code: { zipFile } }
    for (const name of memberNames) {
      for (const value of [true, 1.5, 'text']) {
        const answer = await post('/2023-03-30/functions', JSON.stringify({ ...whole, [name]: value }))
        if (answer.status === 200) {
          await post('/2023-03-30/functions/x', '', 'DELETE')
          continue
        }
        expect(refusal(answer), `${name}: ${JSON.stringify(value)}`).toBe('400 InvalidArgument')
      }
      const nested = await post('/2023-03-30/functions', JSON.stringify({ ...whole, [name]: [[[[]]]] }))
      expect(refusal(nested), name).toBe('400 InvalidArgument')
    }
  })

  test('whatever is sent to whichever action is answered in the shape of the interface, and never as a failure of ours', async () => {
    const bodies = [
      '[]',
      '{"a":',
      everyMember(1.5),
      everyMember('text'),
      everyMember([{}]),
      everyMember({ a: { b: [] } }),
      everyMember(true),
    ]
    for (const { title, actions } of functionComputeInterfaces) {
      const version = title.endsWith('3.0') ? '2023-03-30' : '2016-08-15'
      for (const { method, path, name } of actions) {
        const url = `/${version}${path.replace('/:version', '/1').replaceAll(/:\w+/g, 'here')}`
        const query = '?limit=x&startTimeMs=-1&nextToken=%00&tags=%5B1%5D&ResourceId=5&direction=5'
        for (const text of method === 'GET' ? [''] : bodies) {
          const answer = await post(url + (method === 'GET' ? query : ''), text, method)
          if (answer.status >= 400) refusal(answer)
          expect(answer.status, `${version} ${name} ${text.slice(0, 60)}: ${answer.text}`).toBeLessThan(500)
          expect(answer.status, `${version} ${name}`).toBeGreaterThanOrEqual(200)
        }
      }
    }
  })
})

/** A document that has every member that any action knows, all with one value. */
function everyMember(value: unknown): string {
  const others =
    'functionName aliasName versionId triggerName triggerType triggerConfig qualifier serviceName domainName routeConfig ' +
    'authConfig corsConfig certConfig destinationConfig asyncTask maxAsyncRetryAttempts reservedConcurrency defaultTarget ' +
    'target scheduledActions targetTrackingPolicies minInstances horizontalScalingPolicies scheduledPolicies ' +
    'compatibleRuntime license ResourceId ResourceType Tag resourceArn tags tagKeys all maximumInstanceCount ' +
    'additionalVersionWeight reason abortOngoingRequest NewResourceGroupId protocol statefulInvocation internetAccess'
  const names = [...memberNames, ...others.split(' ')]
  return JSON.stringify(Object.fromEntries(names.map(name => [name, value])))
}

function fail(): never {
  throw new Error('the client has no such method')
}
