import { NoRespondersError, PermissionViolationError } from '@nats-io/transport-node'
import { AppError, retryNever } from '@millrace/spi'
import { describe, expect, test } from 'vitest'
import { endingError, natsError } from './errors.ts'

const place = 'the NATS server nats:4222'
const named = (name: string, message = '', options?: ErrorOptions): Error =>
  Object.assign(new Error(message, options), { name })
const api = (code: number, status = 500): object =>
  Object.assign(named('JetStreamApiError', 'told'), { code, status })

describe('errors of the client', () => {
  test.each([
    [api(10_008, 503), 'source.unavailable', 'backoff', 'sink.unavailable'],
    [api(10_014, 404), 'source.not-found', 'never', 'sink.failed'],
    [api(10_023, 503), 'source.failed', 'backoff', 'sink.failed'],
    [api(10_039, 503), 'source.failed', 'backoff', 'sink.failed'],
    [api(10_054, 400), 'source.rejected', 'never', 'sink.rejected'],
    [api(10_059, 404), 'source.not-found', 'never', 'sink.failed'],
    [api(10_060, 400), 'source.failed', 'backoff', 'sink.failed'],
    [api(10_065, 400), 'source.rejected', 'never', 'sink.rejected'],
    [api(10_077, 503), 'source.failed', 'backoff', 'sink.failed'],
    [api(10_999, 503), 'source.unavailable', 'backoff', 'sink.unavailable'],
    [api(10_999, 404), 'source.not-found', 'never', 'sink.failed'],
    [api(10_999, 400), 'source.rejected', 'never', 'sink.rejected'],
    [api(10_999), 'source.failed', 'backoff', 'sink.failed'],
    [named('AuthorizationError'), 'source.unauthorized', 'never', 'sink.unauthorized'],
    [named('UserAuthenticationExpiredError'), 'source.unauthorized', 'never', 'sink.unauthorized'],
    [
      new PermissionViolationError('Publish to jwt', 'publish', 'jwt'),
      'source.unauthorized',
      'never',
      'sink.unauthorized',
    ],
    [
      named('RequestError', '', { cause: named('PermissionViolationError') }),
      'source.unauthorized',
      'never',
      'sink.unauthorized',
    ],
    [
      named('RequestError', '', { cause: new NoRespondersError('orders.credentials') }),
      'source.failed',
      'backoff',
      'sink.failed',
    ],
    [named('JetStreamNotEnabled'), 'source.failed', 'backoff', 'sink.failed'],
    [named('TimeoutError'), 'source.unavailable', 'backoff', 'sink.timeout'],
    [named('RequestError', 'connection closed'), 'source.unavailable', 'backoff', 'sink.unavailable'],
    [named('ClosedConnectionError'), 'source.unavailable', 'backoff', 'sink.unavailable'],
    [named('DrainingConnectionError'), 'source.unavailable', 'backoff', 'sink.unavailable'],
    [named('ConnectionError', 'connection refused'), 'source.unavailable', 'backoff', 'sink.unavailable'],
    [named('ConnectionError', "server does not support 'tls'"), 'source.rejected', 'never', 'sink.rejected'],
    [
      named('ProtocolError', 'Maximum Connections Exceeded'),
      'source.unavailable',
      'backoff',
      'sink.unavailable',
    ],
    [named('InvalidSubjectError'), 'source.rejected', 'never', 'sink.rejected'],
    [named('InvalidArgumentError', 'max_payload'), 'source.rejected', 'never', 'sink.rejected'],
    [named('Error', 'unable to parse credentials'), 'source.unauthorized', 'never', 'sink.unauthorized'],
    [{ code: 'ECONNRESET' }, 'source.unavailable', 'backoff', 'sink.unavailable'],
    [{ code: 'ENOTFOUND' }, 'source.unavailable', 'backoff', 'sink.unavailable'],
    [{ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, 'source.untrusted', 'backoff', 'sink.untrusted'],
    [{ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }, 'source.untrusted', 'backoff', 'sink.untrusted'],
    [
      named('ConnectionError', 'told', { cause: { code: 'ERR_SSL_WRONG_VERSION_NUMBER' } }),
      'source.unavailable',
      'backoff',
      'sink.unavailable',
    ],
    [new TypeError('a bug with a key'), 'internal.unexpected', 'backoff', 'internal.unexpected'],
    ['a text', 'internal.unexpected', 'backoff', 'internal.unexpected'],
    [undefined, 'internal.unexpected', 'backoff', 'internal.unexpected'],
  ])('%o is %s for a source, with the verdict %s, and %s for a sink', (thrown, source, verdict, sink) => {
    expect(natsError(thrown, 'source', place)).toMatchObject({ code: source, retry: { kind: verdict } })
    const error = natsError(thrown, 'sink', place)
    expect(error.code).toBe(sink)
    expect(error.message).toContain(place)
    // What a sink lacks can be made while its events wait; only what the message itself is to blame for ends them.
    expect(error.retry.kind).toBe(sink === 'sink.rejected' ? 'never' : 'backoff')
  })

  test('an error of ours stays what it is', () => {
    const error = new AppError('sink.address-refused', 'no', retryNever)
    expect(natsError(error, 'sink', place)).toBe(error)
  })

  test.each([
    [404, 'No Messages', undefined],
    [408, 'Request Timeout', undefined],
    [409, 'Leadership Change', undefined],
    [409, 'Server Shutdown', undefined],
    [400, 'Bad Request', 'source.rejected'],
    [503, '', 'source.not-found'],
    [409, 'Consumer Deleted', 'source.not-found'],
    [409, 'Stream Deleted', 'source.not-found'],
    [409, 'Consumer is push based', 'source.rejected'],
    [409, 'Exceeded MaxRequestBatch of 10', 'source.rejected'],
    [409, 'Exceeded MaxRequestExpires of 1s', 'source.rejected'],
    [409, 'Exceeded MaxWaiting', 'source.failed'],
  ])('a request that ends with the status %d %s is %s', (code, description, expected) => {
    expect(endingError(code, description, place)?.code).toBe(expected)
  })
})
