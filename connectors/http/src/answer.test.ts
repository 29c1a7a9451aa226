import { describe, expect, test } from 'vitest'
import { outcomeOf, retryAfterMs } from './answer.ts'

const nowMs = Date.UTC(2026, 10, 24, 6, 0, 0)
const context = { host: 'example.com', nowMs, retryAfterMsMax: 3_600_000 }

function answer(status: number, retryAfter?: string, statusText = ''): ReturnType<typeof outcomeOf> {
  return outcomeOf({ status, statusText, retryAfter }, context)
}

describe('a status decides', () => {
  test.each([200, 201, 202, 204, 206, 226, 299])('%i is a success', status => {
    expect(answer(status).status).toBe('ok')
  })

  test.each([
    [199, 'sink.rejected', 'never'],
    [300, 'sink.rejected', 'never'],
    [301, 'sink.rejected', 'never'],
    [304, 'sink.rejected', 'never'],
    [400, 'sink.rejected', 'never'],
    [401, 'sink.unauthorized', 'backoff'],
    [403, 'sink.unauthorized', 'backoff'],
    [404, 'sink.failed', 'backoff'],
    [405, 'sink.rejected', 'never'],
    [407, 'sink.unauthorized', 'backoff'],
    [408, 'sink.failed', 'backoff'],
    [409, 'sink.failed', 'backoff'],
    [410, 'sink.rejected', 'never'],
    [413, 'sink.rejected', 'never'],
    [415, 'sink.rejected', 'never'],
    [421, 'sink.failed', 'backoff'],
    [422, 'sink.rejected', 'never'],
    [423, 'sink.failed', 'backoff'],
    [425, 'sink.failed', 'backoff'],
    [429, 'sink.throttled', 'backoff'],
    [431, 'sink.rejected', 'never'],
    [500, 'sink.failed', 'backoff'],
    [501, 'sink.failed', 'backoff'],
    [502, 'sink.unavailable', 'backoff'],
    [503, 'sink.unavailable', 'backoff'],
    [504, 'sink.unavailable', 'backoff'],
    [599, 'sink.failed', 'backoff'],
    [999, 'sink.failed', 'backoff'],
  ])('%i is %s, %s', (status, code, kind) => {
    expect(answer(status)).toMatchObject({
      status: 'failed',
      error: { code, retry: { kind }, details: { status } },
    })
  })
})

describe('Retry-After', () => {
  test.each([429, 503])('in seconds sets the pause after %i', status => {
    expect(answer(status, '30')).toMatchObject({ error: { retry: { kind: 'after', delayMs: 30_000 } } })
  })

  test.each([429, 503])('as a date sets the pause after %i', status => {
    expect(answer(status, 'Tue, 24 Nov 2026 06:00:30 GMT')).toMatchObject({
      error: { retry: { kind: 'after', delayMs: 30_000 } },
    })
  })

  test('is cut to the limit', () => {
    expect(answer(429, '86400')).toMatchObject({ error: { retry: { kind: 'after', delayMs: 3_600_000 } } })
  })

  test.each(['0', 'Tue, 24 Nov 2026 05:59:59 GMT', 'soon', '', '-5', '1.5', '99999999999'])(
    '%j names no pause that lies ahead, so pauses grow as usual',
    value => {
      expect(answer(429, value)).toMatchObject({ error: { retry: { kind: 'backoff' } } })
    },
  )

  test('means nothing after other statuses', () => {
    expect(answer(500, '30')).toMatchObject({ error: { retry: { kind: 'backoff' } } })
    expect(answer(400, '30')).toMatchObject({ error: { retry: { kind: 'never' } } })
  })

  test.each([
    ['Sun, 06 Nov 1994 08:49:37 GMT'],
    ['Sunday, 06-Nov-94 08:49:37 GMT'],
    ['Sun Nov  6 08:49:37 1994'],
  ])('the date %s is read in each form of RFC 9110', date => {
    expect(retryAfterMs(date, Date.UTC(1994, 10, 6, 8, 49, 7))).toBe(30_000)
  })
})

describe('the detail', () => {
  test('is the status with its phrase', () => {
    expect(answer(200, undefined, 'OK').detail).toBe('200 OK')
    expect(answer(200, undefined, 'Fine By Me').detail).toBe('200 Fine By Me')
  })

  test('takes the usual phrase when the target sends none', () => {
    expect(answer(404).detail).toBe('404 Not Found')
    expect(answer(299).detail).toBe('299')
  })

  test('is cut, and holds printable ASCII only', () => {
    const { detail } = answer(500, undefined, `\u001b[31m${'x'.repeat(500)}`)
    expect(detail).toMatch(/^500 \?\[31mx+$/)
    expect(detail).toHaveLength(200)
  })
})
