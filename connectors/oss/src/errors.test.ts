import { AppError, retryNever } from '@millrace/spi'
import { describe, expect, test } from 'vitest'
import { requestError, serviceError } from './errors.ts'

const place = 'bucket b: s3.example'

describe('errors of the service', () => {
  test.each([
    ['NoSuchBucket', 404, 'source.not-found', 'never', 'sink.failed'],
    ['InvalidBucketName', 400, 'source.not-found', 'never', 'sink.failed'],
    ['NoSuchKey', 404, 'source.not-found', 'never', 'sink.failed'],
    ['AccessDenied', 403, 'source.unauthorized', 'never', 'sink.unauthorized'],
    ['InvalidAccessKeyId', 403, 'source.unauthorized', 'never', 'sink.unauthorized'],
    ['SignatureDoesNotMatch', 403, 'source.unauthorized', 'never', 'sink.unauthorized'],
    ['AuthorizationHeaderMalformed', 400, 'source.unauthorized', 'never', 'sink.unauthorized'],
    ['ExpiredToken', 400, 'source.unauthorized', 'never', 'sink.unauthorized'],
    ['RequestTimeTooSkewed', 403, 'source.unauthorized', 'never', 'sink.unauthorized'],
    ['SlowDown', 503, 'source.failed', 'backoff', 'sink.throttled'],
    ['RequestTimeout', 400, 'source.failed', 'backoff', 'sink.failed'],
    ['BadDigest', 400, 'source.failed', 'backoff', 'sink.failed'],
    ['QuotaExceeded', 403, 'source.failed', 'backoff', 'sink.failed'],
    ['InternalError', 500, 'source.failed', 'backoff', 'sink.failed'],
    ['ServiceUnavailable', 503, 'source.unavailable', 'backoff', 'sink.unavailable'],
    ['PermanentRedirect', 301, 'source.failed', 'backoff', 'sink.failed'],
    ['EntityTooLarge', 400, 'source.rejected', 'never', 'sink.rejected'],
    ['KeyTooLongError', 400, 'source.rejected', 'never', 'sink.rejected'],
    ['InvalidObjectState', 403, 'source.rejected', 'never', 'sink.rejected'],
    ['constructor', 400, 'source.rejected', 'never', 'sink.rejected'],
    ['', 400, 'source.rejected', 'never', 'sink.rejected'],
    ['', 401, 'source.unauthorized', 'never', 'sink.unauthorized'],
    ['', 404, 'source.not-found', 'never', 'sink.failed'],
    ['', 307, 'source.failed', 'backoff', 'sink.failed'],
    ['', 409, 'source.failed', 'backoff', 'sink.failed'],
    ['', 412, 'source.rejected', 'never', 'sink.rejected'],
    ['', 413, 'source.rejected', 'never', 'sink.rejected'],
    ['', 429, 'source.failed', 'backoff', 'sink.throttled'],
    ['', 500, 'source.failed', 'backoff', 'sink.failed'],
    ['', 502, 'source.unavailable', 'backoff', 'sink.unavailable'],
    ['', 507, 'source.failed', 'backoff', 'sink.failed'],
  ])(
    '%j with status %i is %s for a source, with the verdict %s, and %s for a sink',
    (said, status, source, verdict, sink) => {
      expect(serviceError(said, status, 'source', place)).toMatchObject({
        code: source,
        retry: { kind: verdict },
      })
      const error = serviceError(said, status, 'sink', place)
      expect(error.code).toBe(sink)
      expect(error.message).toContain(`${place} `)
      expect(error.message).toContain(`(${`${status} ${said}`.trim()})`)
      // What a sink lacks can be made while its events wait.
      expect(error.retry.kind).toBe(sink === 'sink.rejected' ? 'never' : 'backoff')
    },
  )
})

describe('errors of a request', () => {
  test.each([
    [{ code: 'ECONNREFUSED' }, 'source.unavailable', 'sink.unavailable'],
    [{ code: 'ENOTFOUND' }, 'source.unavailable', 'sink.unavailable'],
    [{ code: 'UND_ERR_SOCKET' }, 'source.unavailable', 'sink.unavailable'],
    [new Error('x', { cause: { code: 'ECONNRESET' } }), 'source.unavailable', 'sink.unavailable'],
    [{ code: 'UND_ERR_CONNECT_TIMEOUT' }, 'source.unavailable', 'sink.timeout'],
    [{ code: 'ETIMEDOUT' }, 'source.unavailable', 'sink.timeout'],
    [{ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, 'source.untrusted', 'sink.untrusted'],
    [{ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }, 'source.untrusted', 'sink.untrusted'],
    [{ code: 'EPROTO' }, 'source.unavailable', 'sink.unavailable'],
    [{ code: 'HPE_INVALID_CONSTANT' }, 'source.failed', 'sink.failed'],
    [{ code: 'UND_ERR_RES_EXCEEDED_MAX_SIZE' }, 'source.failed', 'sink.failed'],
    [new TypeError('a bug'), 'internal.unexpected', 'internal.unexpected'],
    ['a text', 'internal.unexpected', 'internal.unexpected'],
    [undefined, 'internal.unexpected', 'internal.unexpected'],
  ])('%o is %s for a source, %s for a sink, and may pass', (thrown, source, sink) => {
    expect(requestError(thrown, 'source', place)).toMatchObject({ code: source, retry: { kind: 'backoff' } })
    expect(requestError(thrown, 'sink', place)).toMatchObject({ code: sink, retry: { kind: 'backoff' } })
  })

  test('gzip that is none is the fault of its object', () => {
    const error = requestError({ code: 'Z_DATA_ERROR' }, 'source', place)
    expect(error).toMatchObject({ code: 'source.rejected', retry: { kind: 'never' } })
  })

  test('an error of ours stays what it is', () => {
    const error = new AppError('sink.address-refused', 'no', retryNever)
    expect(requestError(error, 'source', place)).toBe(error)
  })
})
