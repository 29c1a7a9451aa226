import { AppError, retryNever } from '@millrace/spi'
import { expect, test } from 'vitest'
import { mailError } from './errors.ts'

const place = 'the mail server mx:587'

test.each([
  [{ code: 'EAUTH', responseCode: 535 }, 'sink.unauthorized', 'backoff'],
  [{ code: 'EAUTH', responseCode: 504 }, 'sink.unauthorized', 'backoff'],
  [{ code: 'EAUTH', responseCode: 454 }, 'sink.unavailable', 'backoff'],
  [{ code: 'EAUTH' }, 'sink.unauthorized', 'backoff'],
  [{ code: 'EENVELOPE', responseCode: 530 }, 'sink.unauthorized', 'backoff'],
  [{ code: 'EENVELOPE', responseCode: 553 }, 'sink.rejected', 'never'],
  [
    { code: 'EENVELOPE', responseCode: 550, rejectedErrors: [{ responseCode: 450 }] },
    'sink.failed',
    'backoff',
  ],
  [{ code: 'EENVELOPE' }, 'sink.rejected', 'never'],
  [{ code: 'EMESSAGE', responseCode: 421 }, 'sink.unavailable', 'backoff'],
  [{ code: 'EMESSAGE' }, 'sink.rejected', 'never'],
  [{ code: 'EPROTOCOL', responseCode: 554 }, 'sink.failed', 'backoff'],
  [{ code: 'ETLS', responseCode: 502 }, 'sink.unavailable', 'backoff'],
  [{ code: 'ECONNECTION' }, 'sink.unavailable', 'backoff'],
  [{ code: 'ETIMEDOUT' }, 'sink.timeout', 'backoff'],
  [{ code: 'ENOTFOUND' }, 'sink.unavailable', 'backoff'],
  [{ code: 'ECONNREFUSED' }, 'sink.unavailable', 'backoff'],
  [Object.assign(new Error('self-signed certificate'), { code: 'ETLS' }), 'sink.untrusted', 'backoff'],
  [new TypeError('a bug'), 'internal.unexpected', 'backoff'],
  [undefined, 'internal.unexpected', 'backoff'],
])('%o is %s with the verdict %s', (thrown, code, kind) => {
  expect(mailError(thrown, place)).toMatchObject({ code, retry: { kind } })
  expect(mailError(thrown, place).message).toContain(place)
})

test('of the answer only the numbers are shown', () => {
  const thrown = { code: 'EENVELOPE', responseCode: 550, response: '550 5.1.1 <hush@example.com> unknown' }
  expect(mailError(thrown, place).message).toMatch(/\(550 5\.1\.1\)$/)
})

test('an error of ours stays what it is', () => {
  const error = new AppError('sink.address-refused', 'no', retryNever)
  expect(mailError(error, place)).toBe(error)
})
