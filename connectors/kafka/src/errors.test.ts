import { AppError, retryNever } from '@millrace/spi'
import { NetworkError, ProtocolError, ResponseError, TimeoutError, UserError } from '@platformatic/kafka'
import { describe, expect, test } from 'vitest'
import { kafkaError, protocolError } from './errors.ts'
import { protocolVerdicts } from './protocol-verdicts.ts'

function coded(code: string): Error {
  return Object.assign(new Error(`secret detail of ${code}`), { code })
}

describe('what a connection throws has a code and a verdict in both roles', () => {
  test.each([
    ['ECONNREFUSED', 'unavailable', 'unavailable', 'backoff'],
    ['ECONNRESET', 'unavailable', 'unavailable', 'backoff'],
    ['EPIPE', 'unavailable', 'unavailable', 'backoff'],
    ['EHOSTUNREACH', 'unavailable', 'unavailable', 'backoff'],
    ['ENETUNREACH', 'unavailable', 'unavailable', 'backoff'],
    ['EMFILE', 'unavailable', 'unavailable', 'backoff'],
    ['ENOTFOUND', 'unavailable', 'unavailable', 'backoff'],
    ['EAI_AGAIN', 'unavailable', 'unavailable', 'backoff'],
    ['EAI_NODATA', 'unavailable', 'unavailable', 'backoff'],
    ['ETIMEDOUT', 'unavailable', 'timeout', 'backoff'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'unavailable', 'unavailable', 'backoff'],
    ['EPROTO', 'unavailable', 'unavailable', 'backoff'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'untrusted', 'untrusted', undefined],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'untrusted', 'untrusted', undefined],
    ['CERT_HAS_EXPIRED', 'untrusted', 'untrusted', undefined],
    ['ERR_OSSL_PEM_BAD_DECRYPT', 'rejected', 'rejected', 'never'],
    ['PLT_KFK_UNEXPECTED_CORRELATION_ID', 'failed', 'failed', 'backoff'],
    ['PLT_KFK_UNSUPPORTED_API', 'rejected', 'rejected', 'never'],
  ])('%s is source.%s and sink.%s', (code, source, sink, kind) => {
    const wrapped = new NetworkError('Connection to h failed.', { cause: coded(code) })
    const asSource = kafkaError(wrapped, 'source', 'The broker h:1')
    const asSink = kafkaError(wrapped, 'sink', 'The broker h:1')
    expect(asSource).toMatchObject({ code: `source.${source}`, details: { cause: code } })
    expect(asSink).toMatchObject({ code: `sink.${sink}`, details: { cause: code } })
    if (kind !== undefined) expect([asSource.retry.kind, asSink.retry.kind]).toEqual([kind, kind])
    expect(asSink.message).toMatch(/^The broker h:1 .+\.$/)
    expect(asSink.message).not.toContain('secret')
  })
})

describe('what a broker answers has a code and a verdict in both roles', () => {
  test.each([
    ['UNKNOWN_TOPIC_OR_PARTITION', 'source.not-found', 'never', 'sink.failed', 'backoff'],
    ['NOT_LEADER_OR_FOLLOWER', 'source.unavailable', 'backoff', 'sink.unavailable', 'backoff'],
    ['REQUEST_TIMED_OUT', 'source.unavailable', 'backoff', 'sink.timeout', 'backoff'],
    ['MESSAGE_TOO_LARGE', 'source.rejected', 'never', 'sink.rejected', 'never'],
    ['INVALID_RECORD', 'source.rejected', 'never', 'sink.rejected', 'never'],
    ['THROTTLING_QUOTA_EXCEEDED', 'source.failed', 'backoff', 'sink.throttled', 'backoff'],
    ['TOPIC_AUTHORIZATION_FAILED', 'source.unauthorized', 'never', 'sink.unauthorized', 'backoff'],
    ['GROUP_AUTHORIZATION_FAILED', 'source.unauthorized', 'never', 'sink.unauthorized', 'backoff'],
    ['CLUSTER_AUTHORIZATION_FAILED', 'source.unauthorized', 'never', 'sink.unauthorized', 'backoff'],
    ['SASL_AUTHENTICATION_FAILED', 'source.unauthorized', 'never', 'sink.unauthorized', 'backoff'],
    ['COORDINATOR_NOT_AVAILABLE', 'source.unavailable', 'backoff', 'sink.unavailable', 'backoff'],
    ['UNKNOWN_MEMBER_ID', 'source.lost', 'backoff', 'sink.failed', 'backoff'],
    ['FENCED_INSTANCE_ID', 'source.rejected', 'never', 'sink.rejected', 'never'],
    ['UNSUPPORTED_VERSION', 'source.rejected', 'never', 'sink.rejected', 'never'],
    ['SOMETHING_NEW', 'source.failed', 'backoff', 'sink.failed', 'backoff'],
  ])('%s', (code, source, sourceRetry, sink, sinkRetry) => {
    expect(protocolError(code, 'source', 'Topic t')).toMatchObject({
      code: source,
      retry: { kind: sourceRetry },
    })
    expect(protocolError(code, 'sink', 'Topic t')).toMatchObject({ code: sink, retry: { kind: sinkRetry } })
  })

  test('each known answer makes a sentence about the place', () => {
    for (const code of Object.keys(protocolVerdicts)) {
      expect(protocolError(code, 'source', 'Group g').message).toMatch(/^Group g [a-z].* \([A-Z_]+\)\.$/)
    }
  })

  test('an answer that gathers errors goes by the first that is known', () => {
    const thrown = new ResponseError(3, 12, { '/topics/0': [3, 'secret'] }, {})
    expect(kafkaError(thrown, 'source', 'Topic t')).toMatchObject({ code: 'source.not-found', cause: thrown })
  })

  test('refused credentials are known through all that wraps them', () => {
    const inner = new ProtocolError('SASL_AUTHENTICATION_FAILED', 'secret')
    const thrown = new NetworkError('failed', { cause: new Error('outer', { cause: inner }) })
    const error = kafkaError(thrown, 'sink', 'The broker h:1')
    expect(error).toMatchObject({ code: 'sink.unauthorized' })
    expect(error.message).not.toContain('secret')
  })
})

describe('words of the library', () => {
  test('a broker that wants TLS is told so, whatever lies below', () => {
    const thrown = new UserError('Broker requires TLS.', { cause: coded('ECONNRESET') })
    expect(kafkaError(thrown, 'sink', 'The broker h:1')).toMatchObject({
      code: 'sink.rejected',
      message: expect.stringContaining('set the option tls'),
    })
  })

  test('a broker without TLS is told so', () => {
    const thrown = new NetworkError('failed', {
      cause: new UserError('TLS handshake failed. Please verify the broker supports TLS.', {
        cause: coded('ECONNRESET'),
      }),
    })
    expect(kafkaError(thrown, 'source', 'The broker h:1')).toMatchObject({ code: 'source.rejected' })
  })

  test('a request without an answer is unavailable', () => {
    expect(kafkaError(new TimeoutError('Request timed out'), 'source', 'Broker 1').code).toBe(
      'source.unavailable',
    )
  })
})

test('an AppError is what it is; the guard of addresses speaks for sources too', () => {
  const own = new AppError('sink.address-refused', 'The target is not public.', retryNever)
  expect(kafkaError(own, 'sink', 'h')).toBe(own)
  expect(kafkaError(own, 'source', 'h')).toMatchObject({ code: 'source.rejected', message: own.message })
})

test.each([['a text'], [undefined], [null], [{}], [{ code: 7 }]])(
  '%j, thrown by whomever, is unexpected',
  thrown => {
    expect(kafkaError(thrown, 'sink', 'h')).toMatchObject({
      code: 'internal.unexpected',
      retry: { kind: 'backoff' },
    })
  },
)
