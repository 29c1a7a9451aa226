import { describe, expect, test } from 'vitest'
import { captureNames, comparable, readCapture, startFrozen } from './capture.ts'
import { send } from './signing.ts'

describe.each(captureNames)('what the client of %s once sent', name => {
  test('is understood to the byte, signatures included, and answered as it was then', async () => {
    const { atMs, exchanges } = await readCapture(name)
    await using server = await startFrozen(atMs)
    expect(exchanges.length).toBeGreaterThan(10)

    for (const { what, request, answer } of exchanges) {
      const body = Buffer.from(request.body, 'base64')
      const { status, headers, text } = await send(server.endpoint, { ...request, body })
      expect(comparable(status, headers, text), what).toEqual(answer)
    }
  })

  test('is refused when the clock has gone on for sixteen minutes', async () => {
    const { atMs, exchanges } = await readCapture(name)
    await using server = await startFrozen(atMs + 16 * 60_000)

    const [first] = exchanges
    if (first === undefined) throw new Error('the capture is empty')
    const body = Buffer.from(first.request.body, 'base64')
    const { status, text } = await send(server.endpoint, { ...first.request, body })
    expect([status, JSON.parse(text)]).toMatchObject([403, { Code: 'AccessDenied' }])
  })
})
