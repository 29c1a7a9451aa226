import { AppError, retryNever } from '@millrace/spi'
import { describe, expect, test } from 'vitest'
import { connectionError } from './errors.ts'

function coded(code: string): Error {
  return Object.assign(new Error(`secret detail of ${code}`), { code })
}

describe('every error of the client has a code and a verdict', () => {
  test.each([
    ['ECONNREFUSED', 'sink.unavailable', 'backoff'],
    ['ECONNRESET', 'sink.unavailable', 'backoff'],
    ['EPIPE', 'sink.unavailable', 'backoff'],
    ['UND_ERR_SOCKET', 'sink.unavailable', 'backoff'],
    ['EHOSTUNREACH', 'sink.unavailable', 'backoff'],
    ['EHOSTDOWN', 'sink.unavailable', 'backoff'],
    ['ENETUNREACH', 'sink.unavailable', 'backoff'],
    ['ENETDOWN', 'sink.unavailable', 'backoff'],
    ['EADDRNOTAVAIL', 'sink.unavailable', 'backoff'],
    ['EMFILE', 'sink.unavailable', 'backoff'],
    ['ENFILE', 'sink.unavailable', 'backoff'],
    ['ENOTFOUND', 'sink.unavailable', 'backoff'],
    ['ENODATA', 'sink.unavailable', 'backoff'],
    ['EAI_AGAIN', 'sink.unavailable', 'backoff'],
    ['EAI_FAIL', 'sink.unavailable', 'backoff'],
    ['UND_ERR_CLOSED', 'sink.unavailable', 'backoff'],
    ['UND_ERR_DESTROYED', 'sink.unavailable', 'backoff'],
    ['UND_ERR_ABORTED', 'sink.unavailable', 'backoff'],
    ['UND_ERR_MAX_ORIGINS_REACHED', 'sink.unavailable', 'backoff'],
    ['ETIMEDOUT', 'sink.timeout', 'backoff'],
    ['UND_ERR_CONNECT_TIMEOUT', 'sink.timeout', 'backoff'],
    ['UND_ERR_HEADERS_TIMEOUT', 'sink.timeout', 'backoff'],
    ['UND_ERR_BODY_TIMEOUT', 'sink.timeout', 'backoff'],
    ['UND_ERR_HEADERS_OVERFLOW', 'sink.failed', 'backoff'],
    ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'sink.failed', 'backoff'],
    ['UND_ERR_RES_EXCEEDED_MAX_SIZE', 'sink.failed', 'backoff'],
    ['HPE_INVALID_CONSTANT', 'sink.failed', 'backoff'],
    ['HPE_HEADER_OVERFLOW', 'sink.failed', 'backoff'],
    ['ERR_IP_BLOCKED', 'sink.address-refused', 'never'],
    ['CERT_HAS_EXPIRED', 'sink.untrusted', 'backoff'],
    ['CERT_NOT_YET_VALID', 'sink.untrusted', 'backoff'],
    ['CERT_REVOKED', 'sink.untrusted', 'backoff'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'sink.untrusted', 'backoff'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'sink.untrusted', 'backoff'],
    ['UNABLE_TO_GET_ISSUER_CERT', 'sink.untrusted', 'backoff'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'sink.untrusted', 'backoff'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'sink.untrusted', 'backoff'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'sink.untrusted', 'backoff'],
    ['CERT_SIGNATURE_FAILURE', 'sink.untrusted', 'backoff'],
    ['INVALID_PURPOSE', 'sink.untrusted', 'backoff'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'sink.unavailable', 'backoff'],
    ['ERR_TLS_HANDSHAKE_TIMEOUT', 'sink.unavailable', 'backoff'],
    ['EPROTO', 'sink.unavailable', 'backoff'],
    ['SOMETHING_NEW', 'internal.unexpected', 'backoff'],
  ])('%s is %s, %s', (code, expected, kind) => {
    const error = connectionError(coded(code), 'example.com:8080')
    expect(error).toBeInstanceOf(AppError)
    expect(error).toMatchObject({ code: expected, retry: { kind }, details: { host: 'example.com:8080' } })
    expect(error.message).toContain('example.com:8080')
    expect(error.message).not.toContain('secret')
  })

  test('one error for each address goes by the first that is known', () => {
    const all = new AggregateError([coded('SOMETHING_NEW'), coded('ECONNREFUSED')], 'all failed')
    expect(connectionError(all, 'h')).toMatchObject({ code: 'sink.unavailable', cause: all })
  })

  test('a wrapped error goes by its cause', () => {
    expect(connectionError(new Error('outer', { cause: coded('ENOTFOUND') }), 'h').code).toBe(
      'sink.unavailable',
    )
  })

  test('an error of the parser without a code is still one of the parser', () => {
    const thrown = Object.assign(new Error('no'), { name: 'HTTPParserError', code: undefined })
    expect(connectionError(thrown, 'h')).toMatchObject({
      code: 'sink.failed',
      details: { cause: 'HPE_OTHER' },
    })
  })

  test('an AppError is what it is', () => {
    const own = new AppError('sink.address-refused', 'no', retryNever)
    expect(connectionError(own, 'h')).toBe(own)
  })

  test.each([['a text'], [undefined], [null], [{}], [{ code: 7 }]])(
    '%j, thrown by whomever, is unexpected',
    thrown => {
      expect(connectionError(thrown, 'h')).toMatchObject({
        code: 'internal.unexpected',
        retry: { kind: 'backoff' },
      })
    },
  )
})
