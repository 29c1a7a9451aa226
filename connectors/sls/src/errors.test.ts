import { AppError, retryNever } from '@millrace/spi'
import { describe, expect, test } from 'vitest'
import { requestError, serviceError } from './errors.ts'

const place = 'the log store p/l of sls:80'

describe('errors of the service', () => {
  test.each([
    ['ProjectNotExist', 404, 'source.not-found', 'never', 'sink.failed'],
    ['LogStoreNotExist', 404, 'source.not-found', 'never', 'sink.failed'],
    ['ShardNotExist', 400, 'source.not-found', 'never', 'sink.failed'],
    ['LogStoreWithoutShard', 400, 'source.failed', 'backoff', 'sink.failed'],
    ['Unauthorized', 401, 'source.unauthorized', 'never', 'sink.unauthorized'],
    ['SignatureNotMatch', 401, 'source.unauthorized', 'never', 'sink.unauthorized'],
    ['MissAccessKeyId', 400, 'source.unauthorized', 'never', 'sink.unauthorized'],
    ['SecurityTokenExpired', 401, 'source.unauthorized', 'never', 'sink.unauthorized'],
    ['RequestTimeTooSkewed', 400, 'source.unauthorized', 'never', 'sink.unauthorized'],
    ['RequestTimeExpired', 400, 'source.unauthorized', 'never', 'sink.unauthorized'],
    ['InvalidRequestTime', 400, 'source.unauthorized', 'never', 'sink.unauthorized'],
    ['ProjectForbidden', 403, 'source.failed', 'backoff', 'sink.failed'],
    ['WriteQuotaExceed', 403, 'source.failed', 'backoff', 'sink.throttled'],
    ['ShardWriteQuotaExceed', 403, 'source.failed', 'backoff', 'sink.throttled'],
    ['ReadQuotaExceed', 403, 'source.failed', 'backoff', 'sink.throttled'],
    ['ShardReadQuotaExceed', 403, 'source.failed', 'backoff', 'sink.throttled'],
    ['ServerBusy', 503, 'source.failed', 'backoff', 'sink.throttled'],
    ['InternalServerError', 500, 'source.failed', 'backoff', 'sink.failed'],
    ['PostBodyTooLarge', 400, 'source.rejected', 'never', 'sink.rejected'],
    ['PostBodyInvalid', 400, 'source.rejected', 'never', 'sink.rejected'],
    ['InvalidTimestamp', 400, 'source.rejected', 'never', 'sink.rejected'],
    ['InvalidEncoding', 400, 'source.rejected', 'never', 'sink.rejected'],
    ['InvalidKey', 400, 'source.rejected', 'never', 'sink.rejected'],
    ['InvalidCursor', 400, 'source.rejected', 'never', 'sink.rejected'],
    ['', 401, 'source.unauthorized', 'never', 'sink.unauthorized'],
    ['', 404, 'source.not-found', 'never', 'sink.failed'],
    ['', 413, 'source.rejected', 'never', 'sink.rejected'],
    ['', 429, 'source.failed', 'backoff', 'sink.throttled'],
    ['', 502, 'source.unavailable', 'backoff', 'sink.unavailable'],
    ['constructor', 400, 'source.rejected', 'never', 'sink.rejected'],
    ['a sentence of <somebody>', 400, 'source.rejected', 'never', 'sink.rejected'],
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
      expect(error.message).not.toContain('<somebody>')
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
    [{ code: 'Z_DATA_ERROR' }, 'failed'],
    [{ code: 'ERR_BUFFER_TOO_LARGE' }, 'failed'],
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
