import { AppError, retryNever } from '@millrace/spi'
import { describe, expect, test } from 'vitest'
import { lostConnection, mqttError, reasonError } from './errors.ts'

const place = 'the MQTT server mq:1883'

describe('errors of the client', () => {
  test.each([
    [{ code: 134 }, 'source.unauthorized', 'never', 'sink.unauthorized', 'backoff'],
    [{ code: 135 }, 'source.unauthorized', 'never', 'sink.unauthorized', 'backoff'],
    [{ code: 136 }, 'source.unavailable', 'backoff', 'sink.unavailable', 'backoff'],
    [{ code: 142 }, 'source.unavailable', 'backoff', 'sink.unavailable', 'backoff'],
    [{ code: 144 }, 'source.rejected', 'never', 'sink.rejected', 'never'],
    [{ code: 149 }, 'source.rejected', 'never', 'sink.rejected', 'never'],
    [{ code: 151 }, 'source.unavailable', 'backoff', 'sink.throttled', 'backoff'],
    [{ code: 158 }, 'source.rejected', 'never', 'sink.rejected', 'never'],
    [{ code: 1 }, 'source.rejected', 'never', 'sink.rejected', 'never'],
    [{ code: 250 }, 'source.failed', 'backoff', 'sink.failed', 'backoff'],
    [{ code: 'ECONNREFUSED' }, 'source.unavailable', 'backoff', 'sink.unavailable', 'backoff'],
    [{ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, 'source.untrusted', 'backoff', 'sink.untrusted', 'backoff'],
    [
      { code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' },
      'source.unauthorized',
      'never',
      'sink.unauthorized',
      'backoff',
    ],
    [
      { code: 'ERR_SSL_WRONG_VERSION_NUMBER' },
      'source.unavailable',
      'backoff',
      'sink.unavailable',
      'backoff',
    ],
    [new Error('connack timeout'), 'source.unavailable', 'backoff', 'sink.unavailable', 'backoff'],
    [new Error('Connection closed'), 'source.unavailable', 'backoff', 'sink.unavailable', 'backoff'],
    [new Error('Protocol error: suback'), 'source.failed', 'backoff', 'sink.failed', 'backoff'],
    [new TypeError('a bug'), 'internal.unexpected', 'backoff', 'internal.unexpected', 'backoff'],
    [undefined, 'internal.unexpected', 'backoff', 'internal.unexpected', 'backoff'],
  ])('%o is %s for a source (%s), and %s for a sink (%s)', (thrown, source, ofSource, sink, ofSink) => {
    expect(mqttError(thrown, 'source', place)).toMatchObject({ code: source, retry: { kind: ofSource } })
    expect(mqttError(thrown, 'sink', place)).toMatchObject({ code: sink, retry: { kind: ofSink } })
    expect(mqttError(thrown, 'sink', place).message).toContain(place)
  })

  test('every reason of the protocol has words of its own', () => {
    const codes = Array.from({ length: 35 }, (_, i) => 128 + i)
    for (const code of codes) expect(reasonError(code, 'sink', place).message).not.toContain('unknown reason')
  })

  test('a connection that ends is never the end of its messages', () => {
    expect(lostConnection('sink', place, 149)).toMatchObject({
      code: 'sink.unavailable',
      retry: { kind: 'backoff' },
      message: expect.stringContaining('too large'),
    })
  })

  test('an error of ours stays what it is', () => {
    const error = new AppError('sink.address-refused', 'no', retryNever)
    expect(mqttError(error, 'sink', place)).toBe(error)
  })
})
