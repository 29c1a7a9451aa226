import { join } from 'node:path'
import type { Client, FunctionSpec } from '@millrace/sdk'
import { beforeEach, describe, expect, test } from 'vitest'
import { testLimitMs } from './command.ts'
import { runningServer, temporaryFolder } from './place.ts'

let client: Client

beforeEach(async () => {
  const folder = await temporaryFolder()
  const server = await runningServer(join(folder, 'state'))
  client = server.client()
}, testLimitMs)

/** A function whose program is a server for Node.js; `body` is that of `(request, response, body)`. */
async function define(name: string, body: string, change: Partial<FunctionSpec> = {}): Promise<void> {
  const source = `
    const state = {}
    require('node:http').createServer((request, response) => {
      let body = ''
      request.on('data', chunk => { body += chunk })
      request.on('end', () => answer(request, response, body))
    }).listen(process.env.FC_CUSTOM_LISTEN_PORT)
    function answer(request, response, body) {
      ${body}
    }`
  const code = await client.uploadCode(new Map([['server.cjs', Buffer.from(source)]]))
  const server = { command: [process.execPath, 'server.cjs'], ...change.server }
  await client.functions.put(name, { runtime: 'custom', code, ...change, server })
}

async function called(name: string, payload: string): Promise<string> {
  return Buffer.from(await client.invoke(name, payload)).toString()
}

describe('a program as a function', { timeout: testLimitMs }, () => {
  test('answers events, several at once in one instance', async () => {
    const change = { concurrencyPerInstance: 2, instancesMax: 1 }
    await define(
      'meeting',
      `if (state.first === undefined) { state.first = response; return }
      state.first.end('first met'); response.end('second came')`,
      change,
    )
    expect((await Promise.all([called('meeting', ''), called('meeting', '')])).toSorted()).toEqual([
      'first met',
      'second came',
    ])
  })

  test('that does not start is told as such, with the output of the program', async () => {
    await define('broken', '', { server: { command: ['/bin/sh', '-c', 'echo no settings; exit 2'] } })
    await expect(client.invoke('broken', '')).rejects.toMatchObject({
      status: 412,
      code: 'function.not-started',
      message: expect.stringContaining('no settings'),
    })
  })

  test('that ends in the middle fails what runs, and the next call has a new one', async () => {
    await define('fragile', `if (body === 'end') process.exit(3); response.end('fine')`)
    await expect(client.invoke('fragile', 'end')).rejects.toMatchObject({
      status: 502,
      code: 'function.exited',
    })
    expect(await called('fragile', '')).toBe('fine')
  })

  test('whose health check fails gets nothing until it is well again', async () => {
    const healthCheck = { path: '/health', periodMs: 1_000, failuresMax: 1 }
    await define(
      'moody',
      `if (request.url === '/health') {
        response.statusCode = state.ill ? 500 : 200
        if (state.ill) state.asked = (state.asked ?? 0) + 1
        if (state.asked === 2) state.ill = false
      } else if (body === 'fall ill') state.ill = true
      response.end(body)`,
      { instancesMax: 1, server: { healthCheck } },
    )
    expect(await called('moody', 'fall ill')).toBe('fall ill')
    await expect
      .poll(() => called('moody', 'x').catch((error: unknown) => String(error)), { timeout: 20_000 })
      .toContain('not healthy')
    await expect
      .poll(() => called('moody', 'y').catch((error: unknown) => String(error)), { timeout: 20_000 })
      .toBe('y')
  })

  test('answers HTTP requests itself, in parts as it writes them', async () => {
    await define(
      'site',
      `if (request.url === '/go') { state.open.end('second'); response.end(); return }
      response.writeHead(201, { 'content-type': 'text/plain', 'x-seen': request.method + ' ' + request.url })
      response.write('first')
      state.open = response`,
      { concurrencyPerInstance: 2, instancesMax: 1 },
    )
    await client.functionTriggers('site').put('web', { kind: 'http', auth: { kind: 'none' } })
    const url = await client.functionUrl('site')
    const response = await fetch(`${url}a%20b?k=v`, { method: 'POST', body: 'sent' })
    expect(response.status).toBe(201)
    expect(response.headers.get('x-seen')).toBe('POST /a%20b?k=v')
    const parts: string[] = []
    for await (const part of response.body ?? []) {
      parts.push(Buffer.from(part).toString())
      if (parts.length === 1) await fetch(`${url}go`)
    }
    expect(parts).toEqual(['first', 'second'])
  })
})
