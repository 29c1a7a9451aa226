import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testAccount } from '../harness.ts'
import { connectTo } from '../raw-socket.ts'
import { echo, expectRefusal, open, openStage, type Stage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
  await stage.put('echo', echo)
  await stage.trigger('echo', open)
  await stage.put(
    'answers',
    `export const handler = async event => {
       const { body, isBase64Encoded } = JSON.parse(event)
       return Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8')
     }`,
  )
  await stage.trigger('answers', open)
})
afterAll(() => stage[Symbol.asyncDispose]())

/** The answer of a function that gives back these bytes. */
function answering(output: string): Promise<Response> {
  return stage.fetch('/answers', { method: 'POST', body: output, headers: { 'content-type': 'text/plain' } })
}

describe('the event of a request', () => {
  test('tells method, path, query, headers and body in the documented form', async () => {
    const response = await stage.fetch('/echo/a%20b?k=v&m=1&m=2', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-multi': '1', 'x-fc-secret': 'no' },
      body: '{"n":1}',
    })

    const event = (await response.json()) as Record<string, Record<string, unknown>>
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(event).toMatchObject({
      version: 'v1',
      rawPath: '/a%20b',
      queryParameters: { k: 'v', m: '1,2' },
      body: '{"n":1}',
      isBase64Encoded: false,
      headers: { 'Content-Type': 'application/json', 'X-Multi': '1' },
      requestContext: {
        accountId: testAccount,
        domainName: '127.0.0.1',
        domainPrefix: '127',
        requestId: response.headers.get('x-fc-request-id'),
        timeEpoch: expect.stringMatching(/^\d{13}$/),
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        http: { method: 'POST', path: '/a b', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1' },
      },
    })
    expect(event['headers']).not.toHaveProperty('X-Fc-Secret')
    expect(event['headers']).not.toHaveProperty('Connection')
  })

  test('of a plain GET has an empty body that counts as base64', async () => {
    const event: unknown = await (await stage.fetch('/echo')).json()

    expect(event).toMatchObject({ rawPath: '/', body: '', isBase64Encoded: true, queryParameters: {} })
  })

  test('reaches handlers in Python as well', async () => {
    await stage.put('snake', 'def handler(event, context):\n    return event\n', { runtime: 'python' })
    await stage.trigger('snake', open)

    const event: unknown = await (await stage.fetch('/snake/x', { method: 'PUT', body: 'text' })).json()

    expect(event).toMatchObject({ rawPath: '/x', body: 'text', requestContext: { http: { method: 'PUT' } } })
  })
})

describe('the answer of a function', () => {
  test('with a statusCode has that status, its headers and its body', async () => {
    const response = await answering(
      JSON.stringify({
        statusCode: '201',
        headers: { 'X-Own': 'yes', 'content-type': 'text/html', 'Set-Cookie': ['a=1', 'b=2'], server: 'x' },
        body: '<p>hello</p>',
      }),
    )

    expect(response.status).toBe(201)
    expect(response.headers.get('x-own')).toBe('yes')
    expect(response.headers.get('content-type')).toBe('text/html')
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect(response.headers.get('server')).toBeNull()
    expect(await response.text()).toBe('<p>hello</p>')
  })

  test('without a statusCode is the body itself', async () => {
    for (const output of ['{"a":1}', 'plain', '"statusCode"', '[{"statusCode":404}]', '']) {
      const response = await answering(output)

      expect(response.status).toBe(200)
      expect(response.headers.get('content-type')).toBe('application/json')
      expect(await response.text()).toBe(output)
    }
  })

  test('in base64 is decoded', async () => {
    const response = await answering('{"statusCode":200,"isBase64Encoded":true,"body":"AP8="}')

    expect(Buffer.from(await response.arrayBuffer())).toEqual(Buffer.from([0, 255]))
  })

  test.each([
    ['a line break in a header', { statusCode: 200, headers: { 'x-a': 'one\r\nx-evil: two' } }],
    ['a line break in a name', { statusCode: 200, headers: { 'x-a\r\nx-evil': 'two' } }],
    ['a status that does not exist', { statusCode: 999 }],
    ['an interim status', { statusCode: 101 }],
    ['more than 8 KiB of headers', { statusCode: 200, headers: { 'x-a': 'a'.repeat(8_200) } }],
  ])('with %s is refused as a bad one', async (_what, output) => {
    await expectRefusal(await answering(JSON.stringify(output)), 502, 'BadResponse')
  })

  test('that fails is told to the caller without its reason', async () => {
    await stage.put('fails', 'export const handler = () => { throw new Error("the password is x") }')
    await stage.trigger('fails', open)

    const response = await stage.fetch('/fails')

    expect(response.status).toBe(502)
    expect(response.headers.get('x-millrace-request-id')).toMatch(/^1-[\da-f]{8}-/)
    expect(await response.text()).toBe('Internal Server Error')
  })

  test('is a download under the name of the server, since pages would share the origin of the console', async () => {
    expect((await stage.fetch('/echo')).headers.get('content-disposition')).toBe('attachment')
  })

  test('carries the tail of the log when that is asked for', async () => {
    await stage.put('talks', 'export const handler = async () => { console.log("hello log") }')
    await stage.trigger('talks', open)

    const response = await stage.fetch('/talks', { headers: { 'x-fc-log-type': 'Tail' } })

    const tail = Buffer.from(response.headers.get('x-fc-log-result') ?? '', 'base64').toString()
    expect(tail).toContain('hello log')
    expect(tail).toContain('Billed Duration')
  })
})

describe('an asynchronous request', () => {
  test('is answered before it is made, and makes the call', async () => {
    await stage.put('later', 'export const handler = async event => console.log(String(event))')
    await stage.trigger('later', open)

    const response = await stage.fetch('/later/abc', { headers: { 'x-fc-invocation-type': 'Async' } })

    expect(response.status).toBe(202)
    expect(await response.text()).toBe('')
    const requestId = response.headers.get('x-fc-request-id') ?? ''
    const { functions } = stage.server.services
    await expect
      .poll(
        () =>
          functions
            .logs(testAccount, 'later')
            .map(line => line.text)
            .join('\n'),
        { timeout: 10_000 },
      )
      .toContain(`"rawPath":"/abc"`)
    expect(functions.logs(testAccount, 'later').map(line => line.requestId)).toContain(requestId)
  })
})

describe('a request that is refused', () => {
  test.each([
    ['an unknown function', '/nobody', {}, 404, 'FunctionNotFound'],
    ['too many headers', '/echo', { headers: { 'x-a': 'a'.repeat(8_200) } }, 400, 'InvalidArgument'],
    ['too long a path', `/echo/${'a'.repeat(4_100)}`, {}, 400, 'InvalidArgument'],
    [
      'an unknown type of invocation',
      '/echo',
      { headers: { 'x-fc-invocation-type': 'Never' } },
      400,
      'InvalidArgument',
    ],
    ['broken escapes', '/echo/%zz', {}, 400, 'InvalidArgument'],
  ] as const)('for %s says so', async (_what, path, init, status, code) => {
    await expectRefusal(await stage.fetch(path, init), status, code)
  })

  test('for its method names those that are taken', async () => {
    await stage.put('reads', echo)
    await stage.trigger('reads', { ...open, methods: ['GET', 'HEAD'] })

    expect(
      await expectRefusal(await stage.fetch('/reads', { method: 'POST' }), 403, 'AccessDenied'),
    ).toContain('GET, HEAD')
  })

  test('because no trigger is there, or it is switched off', async () => {
    await stage.put('bare', echo)
    await expectRefusal(await stage.fetch('/bare'), 404, 'TriggerNotFound')
    await stage.trigger('bare', { ...open, enabled: false })

    expect(await expectRefusal(await stage.fetch('/bare'), 403, 'AccessDenied')).toBe(
      'access denied due to function internet URL is disable',
    )
  })

  test.each([
    `GET /fn/${testAccount}/echo/a/../b HTTP/1.1\r\nHost: x\r\n\r\n`,
    `GET /fn/${testAccount}/echo/a/%2e%2e/b HTTP/1.1\r\nHost: x\r\n\r\n`,
    `GET /fn/${testAccount}/echo/a%5c..%5cb HTTP/1.1\r\nHost: x\r\n\r\n`,
  ])('for segments of dots, however they are written: %j', async bytes => {
    await using connection = await connectTo(stage.server.listener)
    connection.write(bytes)

    expect(await connection.answer()).toMatchObject({ status: 400, json: { Code: 'InvalidArgument' } })
  })

  test('because it wants another protocol', async () => {
    await using connection = await connectTo(stage.server.listener)
    connection.write(
      `GET /fn/${testAccount}/echo HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    )

    expect(await connection.answer()).toMatchObject({ status: 501, json: { Code: 'NotImplemented' } })
  })

  test('of which half the body comes harms nobody', async () => {
    await using connection = await connectTo(stage.server.listener)
    connection.write(`POST /fn/${testAccount}/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf`)
    connection.socket.destroy()
    await connection.closed

    expect((await stage.fetch('/echo')).status).toBe(200)
  })

  test('is not asked for a body that is too large', async () => {
    await using connection = await connectTo(stage.server.listener)
    connection.write(
      `POST /fn/${testAccount}/echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n`,
    )

    expect(await connection.answer()).toMatchObject({ status: 400, json: { Code: 'InvalidArgument' } })
  })
})

describe('the address of a version or alias', () => {
  test('is told from a path by its trigger', async () => {
    const { resources } = stage.server.services
    const form = (name: string): string =>
      `export const handler = async event => '${name} ' + JSON.parse(event).rawPath`
    await stage.put('forms', form('first'))
    await resources.versions.publish(testAccount, 'forms', '')
    await stage.put('forms', form('latest'))
    await stage.trigger('forms', open)
    await resources.aliases.put(testAccount, 'forms', 'live', { version: '1' })
    await stage.trigger('forms', { ...open, qualifier: 'live' }, 'live')

    const texts = await Promise.all(
      ['/forms/live/a/b', '/forms/live', '/forms/other/a', '/forms'].map(async path =>
        (await stage.fetch(path)).text(),
      ),
    )

    expect(texts).toEqual(['first /a/b', 'first /', 'latest /other/a', 'latest /'])
  })
})
