import { AppError, retryNever } from '@millrace/spi'
import { expect, test } from 'vitest'
import { connectionError } from './errors.ts'

test.each([
  [{ code: 'ECONNREFUSED' }, 'sink.unavailable'],
  [{ code: 'UND_ERR_SOCKET' }, 'sink.unavailable'],
  [{ code: 'UND_ERR_CONNECT_TIMEOUT' }, 'sink.timeout'],
  [{ code: 'HPE_INVALID_CONSTANT' }, 'sink.failed'],
  [{ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, 'sink.untrusted'],
  [{ code: 'ERR_SSL_WRONG_VERSION_NUMBER' }, 'sink.unavailable'],
  [new AggregateError([{ code: 'ECONNREFUSED' }]), 'sink.unavailable'],
  [new Error('x', { cause: { code: 'ENOTFOUND' } }), 'sink.unavailable'],
  [new TypeError('a bug'), 'internal.unexpected'],
  [undefined, 'internal.unexpected'],
])('%o is %s, worth another attempt', (thrown, code) => {
  expect(connectionError(thrown, 'Slack (host)')).toMatchObject({ code, retry: { kind: 'backoff' } })
})

test('an error of ours stays what it is', () => {
  const error = new AppError('sink.address-refused', 'no', retryNever)
  expect(connectionError(error, 'Slack (host)')).toBe(error)
})
