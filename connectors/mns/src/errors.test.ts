import { AppError, retryNever } from '@millrace/spi'
import { describe, expect, test } from 'vitest'
import { requestError, serviceError } from './errors.ts'

const place = 'the MNS service mns:80'

describe('errors of the service', () => {
  test.each([
    ['QueueNotExist', 404, 'source.not-found', 'never', 'sink.failed'],
    ['TopicNotExist', 404, 'source.not-found', 'never', 'sink.failed'],
    ['AccessDenied', 403, 'source.unauthorized', 'never', 'sink.unauthorized'],
    ['InvalidAccessKeyId', 403, 'source.unauthorized', 'never', 'sink.unauthorized'],
    ['SignatureDoesNotMatch', 403, 'source.unauthorized', 'never', 'sink.unauthorized'],
    ['TimeExpired', 408, 'source.unauthorized', 'never', 'sink.unauthorized'],
    ['QpsLimitExceeded', 400, 'source.failed', 'backoff', 'sink.failed'],
    ['InvalidArgument', 400, 'source.rejected', 'never', 'sink.rejected'],
    ['MalformedXML', 400, 'source.rejected', 'never', 'sink.rejected'],
    ['InternalError', 500, 'source.failed', 'backoff', 'sink.failed'],
    ['', 401, 'source.unauthorized', 'never', 'sink.unauthorized'],
    ['', 404, 'source.not-found', 'never', 'sink.failed'],
    ['', 429, 'source.failed', 'backoff', 'sink.failed'],
    ['', 503, 'source.unavailable', 'backoff', 'sink.unavailable'],
    ['Unheard', 400, 'source.rejected', 'never', 'sink.rejected'],
  ])(
    '%j with status %i is %s for a source, with the verdict %s, and %s for a sink',
    (code, status, source, verdict, sink) => {
      expect(serviceError(code, status, 'source', place)).toMatchObject({
        code: source,
        retry: { kind: verdict },
      })
      const error = serviceError(code, status, 'sink', place)
      expect(error.code).toBe(sink)
      expect(error.message).toContain(place)
      expect(error.retry.kind).toBe(sink === 'sink.rejected' ? 'never' : 'backoff')
    },
  )
})

describe('errors of a request', () => {
  test.each([
    [{ code: 'ECONNREFUSED' }, 'unavailable'],
    [{ code: 'ENOTFOUND' }, 'unavailable'],
    [{ code: 'UND_ERR_CONNECT_TIMEOUT' }, 'unavailable'],
    [{ code: 'ETIMEDOUT' }, 'unavailable'],
    [{ code: 'UND_ERR_SOCKET' }, 'unavailable'],
    [new Error('x', { cause: { code: 'ECONNRESET' } }), 'unavailable'],
    [{ code: 'CERT_HAS_EXPIRED' }, 'untrusted'],
    [{ code: 'EPROTO' }, 'unavailable'],
    [{ code: 'HPE_INVALID_CONSTANT' }, 'failed'],
    [{ code: 'UND_ERR_RES_EXCEEDED_MAX_SIZE' }, 'failed'],
  ])('%o is %s, and may pass', (thrown, code) => {
    for (const role of ['source', 'sink'] as const) {
      expect(requestError(thrown, role, place)).toMatchObject({
        code: `${role}.${code}`,
        retry: { kind: 'backoff' },
      })
    }
  })

  test.each([[new TypeError('a bug')], ['a text'], [undefined]])('%o was not foreseen', thrown => {
    expect(requestError(thrown, 'sink', place)).toMatchObject({ code: 'internal.unexpected' })
  })

  test('an error of ours stays what it is', () => {
    const error = new AppError('sink.address-refused', 'no', retryNever)
    expect(requestError(error, 'source', place)).toBe(error)
  })
})
