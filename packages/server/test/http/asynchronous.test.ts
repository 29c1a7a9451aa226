import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, startServer, type TestServer } from './harness.ts'

const source = `
exports.handler = async (event, context) => {
  const text = event.toString()
  if (text === 'fail') throw new TypeError('no')
  if (text === 'wait') await new Promise(() => {})
  console.log('took ' + text.length)
  return text
}
`

let server: TestServer
beforeAll(async () => {
  server = await startServer()
  const { functions } = server.services
  const code = await functions.uploadCode(new Map([['index.js', Buffer.from(source)]]))
  await put('/functions/work', { code })
  await put('/functions/keeper', { code })
  await put('/functions/sponge', { code })
  await put('/functions/keeper/async/LATEST', {
    tasks: true,
    retriesMax: 0,
    onFailure: { function: 'sponge' },
  })
  await put('/functions/sponge/async/LATEST', { tasks: true })
})
afterAll(() => server[Symbol.asyncDispose]())

async function put(path: string, body: unknown): Promise<void> {
  const answer = await server.call('PUT', `/api/v1${path}`, body)
  expect([path, answer.status, answer.text]).toEqual([path, 201, answer.text])
}

function invoke(
  name: string,
  body: string,
  headers: Record<string, string> = {},
  query = '',
): Promise<Answer> {
  const all = { 'content-type': 'text/plain', ...headers }
  return server.call('POST', `/api/v1/functions/${name}/invocations${query}`, body, all)
}

/** The record of a task once it is in a state. */
async function taskIn(name: string, id: string, status: string): Promise<Record<string, unknown>> {
  const get = async (): Promise<Record<string, unknown>> =>
    (await server.call('GET', `/api/v1/functions/${name}/tasks/${id}`)).json ?? {}
  await expect.poll(get, { timeout: 10_000 }).toMatchObject({ status })
  return await get()
}

describe('synchronous', () => {
  test('an invocation tells its version, duration and, when asked, the end of its log', async () => {
    const answer = await invoke('work', 'hello', { 'x-millrace-log-type': 'Tail' }, '?qualifier=LATEST')
    const log = Buffer.from(answer.headers.get('x-millrace-log-result') ?? '', 'base64').toString()

    expect([answer.status, answer.text]).toEqual([200, 'hello'])
    expect(answer.headers.get('x-millrace-version')).toBe('LATEST')
    expect(Number(answer.headers.get('x-millrace-duration-ms'))).toBeGreaterThanOrEqual(0)
    expect(log).toContain('took 5')
  })

  test('a qualifier that is not there is refused', async () => {
    expect((await invoke('work', 'x', {}, '?qualifier=prod')).json?.['code']).toBe('function.alias-not-found')
    expect((await invoke('work', 'x', {}, '?qualifier=7')).json?.['code']).toBe('function.version-not-found')
  })
})

describe('asynchronous', () => {
  test('a call is answered with 202 and its id, by header or by query', async () => {
    const byHeader = await invoke('work', 'x', {
      'x-millrace-invocation-type': 'Async',
      'x-millrace-request-id': 'r-1',
    })
    const byQuery = await invoke('work', 'x', {}, '?async=true')

    expect([byHeader.status, byHeader.json]).toEqual([202, { requestId: 'r-1' }])
    expect(byHeader.headers.get('x-millrace-request-id')).toBe('r-1')
    expect(byQuery.status).toBe(202)
  })

  test('a task can be read to its end, and its id is taken once', async () => {
    const headers = { 'x-millrace-invocation-type': 'async', 'x-millrace-task-id': 'job-1' }
    const accepted = await invoke('keeper', 'hello', headers)
    const done = await taskIn('keeper', 'job-1', 'Succeeded')
    const again = await invoke('keeper', 'hello', headers)

    expect(accepted.json).toMatchObject({ taskId: 'job-1' })
    expect(accepted.headers.get('x-millrace-task-id')).toBe('job-1')
    expect(Buffer.from(String(done['payload']), 'base64').toString()).toBe('hello')
    expect([again.status, again.json?.['code']]).toEqual([409, 'function.task-exists'])
  })

  test('a failure reaches the function that is told of failures', async () => {
    await invoke('keeper', 'fail', { 'x-millrace-task-id': 'job-2' }, '?async=true')
    const failed = await taskIn('keeper', 'job-2', 'Failed')
    const list = async (): Promise<Record<string, unknown>[]> => {
      const { json } = await server.call('GET', '/api/v1/functions/sponge/tasks?status=Succeeded')
      return json?.['items'] as Record<string, unknown>[]
    }
    await expect.poll(list, { timeout: 10_000 }).toHaveLength(1)
    const [told] = await list()
    const record = await taskIn('sponge', String(told?.['taskId']), 'Succeeded')
    const outcome = JSON.parse(Buffer.from(String(record['payload']), 'base64').toString()) as object

    expect(failed).toMatchObject({ errorMessage: 'no' })
    expect(outcome).toMatchObject({
      requestPayload: 'fail',
      requestContext: { condition: 'UnhandledInvocationError', approximateInvokeCount: 1 },
      responseContext: { statusCode: 200, functionError: 'UnhandledInvocationError' },
    })
    expect((await taskIn('keeper', 'job-2', 'Failed'))['destinationStatus']).toBe('Succeeded')
  })

  test('a task that runs is stopped, and the function goes on with others', async () => {
    await invoke('keeper', 'wait', { 'x-millrace-task-id': 'job-3' }, '?async=true')
    await taskIn('keeper', 'job-3', 'Running')
    const stop = await server.call('POST', '/api/v1/functions/keeper/tasks/job-3/stop')
    await taskIn('keeper', 'job-3', 'Stopped')

    expect(stop.status).toBe(202)
    expect((await server.call('POST', '/api/v1/functions/keeper/tasks/job-3/stop')).status).toBe(409)
    expect((await invoke('keeper', 'next')).text).toBe('next')
  })

  test('what does not fit is refused with the limit', async () => {
    const big = await invoke('work', 'x'.repeat(131_073), {}, '?async=true')
    const late = await invoke('work', 'x', { 'x-millrace-delay-ms': '3600000' }, '?async=true')
    const odd = await invoke('work', 'x', { 'x-millrace-delay-ms': 'soon' }, '?async=true')
    const missing = await server.call('GET', '/api/v1/functions/keeper/tasks/none')

    expect([big.status, big.json?.['code'], big.json?.['limit']]).toEqual([
      413,
      'function.payload-too-large',
      131_072,
    ])
    expect([late.status, odd.status]).toEqual([400, 400])
    expect(missing.json?.['code']).toBe('function.task-not-found')
  })
})
