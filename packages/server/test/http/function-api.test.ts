import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { authorization, startServer, type TestServer } from './harness.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server[Symbol.asyncDispose]())

function itemsOf<Item>(json: Record<string, unknown> | undefined): Item[] {
  const items = json?.['items']
  return Array.isArray(items) ? (items as Item[]) : []
}

describe('functions', () => {
  const source = `exports.handler = async event => {
    const text = event.toString()
    console.log('got', text)
    if (text === 'fail') throw new Error('on purpose')
    return text.toUpperCase()
  }`

  async function createFunction(name: string): Promise<void> {
    const files = { 'index.js': Buffer.from(source).toString('base64') }
    const { status, json } = await server.call('POST', '/api/v1/code', { files })
    expect(status).toBe(201)
    const answer = await server.call('PUT', `/api/v1/functions/${name}`, { code: json?.['code'] })
    expect(answer.status, answer.text).toBe(201)
  }

  test('code is uploaded, a function is made of it, called, and its log read', async () => {
    await createFunction('shout')
    const answer = await server.call('POST', '/api/v1/functions/shout/invocations', 'hello', {
      'content-type': 'text/plain',
      'x-millrace-request-id': 'request-1',
    })

    expect(answer.status, answer.text).toBe(200)
    expect(answer.text).toContain('HELLO')
    expect(answer.headers.get('x-millrace-request-id')).toBe('request-1')
    expect((await server.call('GET', '/api/v1/functions/shout/status')).json).toMatchObject({
      name: 'shout',
      waiting: 0,
    })
    const { json } = await server.call('GET', '/api/v1/functions/shout/logs?requestId=request-1')
    expect(
      itemsOf<{ text: string }>(json)
        .map(line => line.text)
        .join(),
    ).toContain('got hello')
    expect((await server.call('GET', '/api/v1/functions')).json).toMatchObject({ items: [{ name: 'shout' }] })
    expect((await server.call('DELETE', '/api/v1/functions/shout')).status).toBe(204)
  })

  test('a failure of the code is a problem with its message and the id of the request', async () => {
    await createFunction('breaks')
    const answer = await server.call('POST', '/api/v1/functions/breaks/invocations', 'fail')

    expect(answer).toMatchObject({
      status: 502,
      json: { code: 'function.failed', errorMessage: 'on purpose' },
    })
    expect(answer.headers.get('x-millrace-request-id')).toMatch(/./)
  })

  test('unknown functions, unknown code and broken uploads are refused', async () => {
    expect((await server.call('POST', '/api/v1/functions/nobody/invocations', 'x')).status).toBe(404)
    expect((await server.call('GET', '/api/v1/functions/nobody/logs')).status).toBe(404)
    expect((await server.call('GET', '/api/v1/functions/nobody/status')).status).toBe(404)
    expect((await server.call('PUT', '/api/v1/functions/f', { code: 'nothing' })).status).toBe(400)
    expect(await server.call('POST', '/api/v1/code', { files: { 'index.js': '%%%' } })).toMatchObject({
      status: 400,
      json: { code: 'http.invalid-request', path: 'body.files.index.js' },
    })
    expect((await server.call('POST', '/api/v1/code', { files: { '../evil.js': 'AAAA' } })).status).toBe(400)
  })

  test('a zip of code is kept as it came, given back, and told by size and checksum', async () => {
    const files = { 'index.js': Buffer.from(source).toString('base64') }
    const made = await server.call('POST', '/api/v1/code', { files })
    const path = `/api/v1/code/${String(made.json?.['code'])}`
    const headers = { authorization }
    const answer = await fetch(server.listener.url + path, { headers })
    const zip = new Uint8Array(await answer.arrayBuffer())
    expect(answer.headers.get('content-type')).toBe('application/zip')
    const body = new Blob([zip], { type: 'application/zip' })
    const again = await fetch(`${server.listener.url}/api/v1/code`, { method: 'POST', headers, body })
    expect(again.status).toBe(201)
    expect(await again.json()).toEqual(made.json)
    expect(made.json).toMatchObject({ bytes: zip.length, files: 1, unpackedBytes: source.length })
    expect(made.json?.['checksum']).toMatch(/^[0-9]+$/)
  })

  test('a broken zip, another media type and code that is not there are refused', async () => {
    const upload = (type: string): Promise<Response> =>
      fetch(`${server.listener.url}/api/v1/code`, {
        method: 'POST',
        headers: { authorization },
        body: new Blob(['PK no zip'], { type }),
      })
    const broken = await upload('application/zip')
    expect(broken.status).toBe(400)
    expect(await broken.json()).toMatchObject({ code: 'function.code-invalid' })
    expect((await upload('text/plain')).status).toBe(415)
    expect((await server.call('POST', '/api/v1/code', { file: {} })).status).toBe(400)
    expect((await server.call('GET', `/api/v1/code/${'0'.repeat(64)}`)).status).toBe(404)
    expect((await server.call('GET', '/api/v1/code/secret')).status).toBe(400)
  })
})
