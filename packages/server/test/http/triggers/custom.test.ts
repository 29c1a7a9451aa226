import { once } from 'node:events'
import { request as sendRequest, type IncomingMessage } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testAccount } from '../harness.ts'
import { expectRefusal, open, openStage, type Stage } from './stage.ts'

/** A server of the code's own: what it does is asked by the path. */
const program = `
import { createServer } from 'node:http'
const server = createServer(async (request, response) => {
  const url = new URL(request.url, 'http://x')
  switch (url.pathname) {
    case '/echo': {
      const chunks = []
      for await (const chunk of request) chunks.push(chunk)
      const { method, headers } = request
      response.setHeader('x-own', 'yes')
      response.setHeader('server', 'mine')
      response.setHeader('set-cookie', ['a=1', 'b=2'])
      response.writeHead(418, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ method, url: request.url, headers, body: Buffer.concat(chunks).toString('base64') }))
      return
    }
    case '/events': {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: first\\n\\n')
      response.on('close', () => console.log('client gone'))
      return
    }
    case '/large': {
      response.writeHead(200)
      const chunk = Buffer.alloc(65536, 'x')
      let sent = 0
      const more = () => {
        while (sent < 200) {
          sent++
          if (!response.write(chunk)) return response.once('drain', more)
        }
        response.end()
      }
      more()
      console.log('started')
      return
    }
    case '/half':
      response.writeHead(200)
      response.write('half')
      setImmediate(() => process.exit(3))
      return
    case '/headers':
      response.writeHead(200, { 'x-large': 'a'.repeat(8200) })
      response.end()
      return
    default:
      response.end('root')
  }
})
server.keepAliveTimeout = 0
server.listen(process.env.FC_CUSTOM_LISTEN_PORT ?? 9000, '0.0.0.0')
`

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
  const { functions, resources } = stage.server.services
  const code = await functions.uploadCode(new Map([['server.mjs', Buffer.from(program)]]))
  const server = { command: [process.execPath, 'server.mjs'], port: 9_000 }
  await resources.functions.put(testAccount, 'custom', { runtime: 'custom', code, server })
  await stage.trigger('custom', open)
  const broken = { command: [process.execPath, '-e', 'process.exit(2)'], port: 9_000 }
  await resources.functions.put(testAccount, 'broken', { runtime: 'custom', code, server: broken })
  await stage.trigger('broken', open)
})
afterAll(() => stage[Symbol.asyncDispose]())

/** Resolves with the answer once its head is there. */
async function start(path: string): Promise<IncomingMessage> {
  const { port } = stage.server.listener
  const sent = sendRequest({ host: '127.0.0.1', port, path: `/fn/${testAccount}/custom${path}` })
  sent.on('error', () => {})
  sent.end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  return response
}

function logged(): string {
  return stage.server.services.functions
    .logs(testAccount, 'custom')
    .map(line => line.text)
    .join('\n')
}

describe('code that answers HTTP itself', () => {
  test('gets the request as it is, and its answer is passed on as it is', async () => {
    const response = await stage.fetch('/custom/echo?a=1&a=2', {
      method: 'PATCH',
      headers: { 'x-own': 'there', 'x-fc-log-type': 'None', 'x-fc-anything': 'no' },
      body: Buffer.from([0, 255]),
    })

    expect(response.status).toBe(418)
    expect(response.headers.get('x-own')).toBe('yes')
    expect(response.headers.get('server')).toBeNull()
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    const seen = (await response.json()) as { headers: Record<string, string> }
    expect(seen).toMatchObject({ method: 'PATCH', url: '/echo?a=1&a=2', body: 'AP8=' })
    expect(seen.headers).toMatchObject({
      'x-own': 'there',
      'x-fc-request-id': response.headers.get('x-fc-request-id'),
      'x-fc-control-path': '/http-invoke',
    })
    expect(seen.headers).not.toHaveProperty('x-fc-anything')
  })

  test('may answer in parts: each comes when it was sent, and the code learns that the client left', async () => {
    const response = await start('/events')

    expect(response.headers['content-type']).toBe('text/event-stream')
    const [first] = (await once(response, 'data')) as [Buffer]
    expect(first.toString()).toBe('data: first\n\n')
    response.destroy()
    await expect.poll(logged, { timeout: 10_000 }).toContain('client gone')
  })

  test('may answer with more than fits into any buffer', async () => {
    const response = await stage.fetch('/custom/large')

    expect((await response.arrayBuffer()).byteLength).toBe(200 * 65_536)
  })

  test('that ends in the middle of its answer ends the connection, not the answer', async () => {
    const response = await stage.fetch('/custom/half')

    await expect(response.text()).rejects.toThrow()
  })

  test('with too many headers is refused', async () => {
    await expectRefusal(await stage.fetch('/custom/headers'), 502, 'BadResponse')
  })

  test('gives the tail of its log where that is asked for', async () => {
    const response = await stage.fetch('/custom/', { headers: { 'x-fc-log-type': 'Tail' } })

    expect(await response.text()).toBe('root')
    const tail = Buffer.from(response.headers.get('x-fc-log-result') ?? '', 'base64').toString()
    expect(tail).toContain('Memory Size')
  })

  test('cannot be called asynchronously', async () => {
    const response = await stage.fetch('/custom/', { headers: { 'x-fc-invocation-type': 'Async' } })

    await expectRefusal(response, 400, 'InvalidArgument')
  })

  test('that does not start is told to be so', async () => {
    expect(await expectRefusal(await stage.fetch('/broken'), 412, 'CAExited')).toContain(
      'exited unexpectedly',
    )
  })
})
