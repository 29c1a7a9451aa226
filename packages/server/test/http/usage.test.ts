import { expect, test } from 'vitest'
import { startServer } from './harness.ts'

const code = `exports.handler = async event => {
  if (String(event) === 'fail') throw new RangeError('no')
  return event
}`

test('what a function has used and its newest requests are told by the API', async () => {
  await using server = await startServer()
  const files = { 'index.js': Buffer.from(code).toString('base64') }
  const uploaded = await server.call('POST', '/api/v1/code', { files })
  await server.call('PUT', '/api/v1/functions/f', { code: uploaded.json?.['code'] })
  await server.call('POST', '/api/v1/functions/f/invocations', 'fine', { 'x-millrace-request-id': 'one' })
  await server.call('POST', '/api/v1/functions/f/invocations', 'fail', { 'x-millrace-request-id': 'two' })

  const today = new Date().toISOString().slice(0, 10)
  const usage = await server.call('GET', `/api/v1/usage?from=${today}`)
  expect(usage.json).toMatchObject({
    from: today,
    total: { invocations: 2, failures: { failed: 1 }, coldStarts: 1 },
    items: [{ day: today, function: 'f', invocations: 2 }],
  })
  expect((await server.call('GET', '/api/v1/usage?function=g')).json).toMatchObject({ items: [] })

  const requests = await server.call('GET', '/api/v1/functions/f/requests')
  expect(requests.json).toMatchObject({
    items: [
      { requestId: 'two', ending: 'failed', errorType: 'RangeError', version: 'LATEST', coldStart: false },
      { requestId: 'one', ending: 'ok', coldStart: true, coldStartMs: { codeMs: expect.any(Number) } },
    ],
  })
})

test('a range of days that is backwards, too long or no date is refused', async () => {
  await using server = await startServer()
  for (const query of ['from=2026-02-02&to=2026-02-01', 'from=2020-01-01&to=2026-01-01', 'from=2026-13-01']) {
    const { status, json } = await server.call('GET', `/api/v1/usage?${query}`)
    expect([query, status, json?.['code']]).toEqual([query, 400, 'http.invalid-request'])
  }
})

test('how many instances are kept is told with the reason', async () => {
  await using server = await startServer()
  const files = { 'index.js': Buffer.from(code).toString('base64') }
  const uploaded = await server.call('POST', '/api/v1/code', { files })
  await server.call('PUT', '/api/v1/functions/f', { code: uploaded.json?.['code'] })
  expect((await server.call('GET', '/api/v1/functions/f/scaling/LATEST/status')).status).toBe(404)
  await server.call('PUT', '/api/v1/functions/f/scaling/LATEST', { instancesMin: 2 })
  expect((await server.call('GET', '/api/v1/functions/f/scaling/LATEST/status')).json).toMatchObject({
    version: 'LATEST',
    instances: 2,
    reason: 'minimum',
  })
})
