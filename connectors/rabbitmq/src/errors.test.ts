import { AppError, retryNever } from '@millrace/spi'
import { describe, expect, test } from 'vitest'
import { rabbitError } from './errors.ts'

const place = 'the RabbitMQ server mq:5672'

describe('errors of the client', () => {
  test.each([
    [{ code: 404 }, 'source.not-found', 'never', 'sink.failed'],
    [{ code: 403 }, 'source.unauthorized', 'never', 'sink.unauthorized'],
    [{ code: 530 }, 'source.unauthorized', 'never', 'sink.unauthorized'],
    [{ code: 402 }, 'source.rejected', 'never', 'sink.rejected'],
    [{ code: 405 }, 'source.failed', 'backoff', 'sink.failed'],
    [{ code: 406 }, 'source.failed', 'backoff', 'sink.failed'],
    [{ code: 320 }, 'source.unavailable', 'backoff', 'sink.unavailable'],
    [{ code: 999 }, 'source.unavailable', 'backoff', 'sink.unavailable'],
    [{ code: 'ECONNREFUSED' }, 'source.unavailable', 'backoff', 'sink.unavailable'],
    [{ code: 'ENOTFOUND' }, 'source.unavailable', 'backoff', 'sink.unavailable'],
    [{ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, 'source.untrusted', 'backoff', 'sink.untrusted'],
    [{ code: 'ERR_SSL_WRONG_VERSION_NUMBER' }, 'source.unavailable', 'backoff', 'sink.unavailable'],
    [new Error('connect ETIMEDOUT'), 'source.unavailable', 'backoff', 'sink.unavailable'],
    [new Error('Heartbeat timeout'), 'source.unavailable', 'backoff', 'sink.unavailable'],
    [
      new Error('Handshake terminated by server: 403 (ACCESS-REFUSED)'),
      'source.unauthorized',
      'never',
      'sink.unauthorized',
    ],
    [new Error('Channel closed'), 'source.unavailable', 'backoff', 'sink.unavailable'],
    [new TypeError('a bug'), 'internal.unexpected', 'backoff', 'internal.unexpected'],
    ['a text', 'internal.unexpected', 'backoff', 'internal.unexpected'],
    [undefined, 'internal.unexpected', 'backoff', 'internal.unexpected'],
  ])('%o is %s for a source, with the verdict %s, and %s for a sink', (thrown, source, verdict, sink) => {
    expect(rabbitError(thrown, 'source', place)).toMatchObject({ code: source, retry: { kind: verdict } })
    const error = rabbitError(thrown, 'sink', place)
    expect(error.code).toBe(sink)
    expect(error.message).toContain(place)
    // What a sink lacks can be made while its events wait; only what the message itself is to blame for ends them.
    expect(error.retry.kind).toBe(sink === 'sink.rejected' ? 'never' : 'backoff')
  })

  test('an error of ours stays what it is', () => {
    const error = new AppError('sink.address-refused', 'no', retryNever)
    expect(rabbitError(error, 'sink', place)).toBe(error)
  })
})
