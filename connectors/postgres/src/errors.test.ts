import { AppError, retryNever } from '@millrace/spi'
import { describe, expect, test } from 'vitest'
import { isConnectionLost, isRowFault, parameterAtFault, postgresError } from './errors.ts'

const place = 'the PostgreSQL server db:5432, database shop,'
const state = (code: string, more: object = {}): object => ({
  code,
  severity: 'ERROR',
  message: 'hush-hush',
  ...more,
})

describe('errors of the server and of the client', () => {
  test.each([
    [state('08006'), 'source.unavailable', 'backoff', 'sink.unavailable'],
    [state('57P01'), 'source.unavailable', 'backoff', 'sink.unavailable'],
    [state('57P03'), 'source.unavailable', 'backoff', 'sink.unavailable'],
    [state('57P04'), 'source.not-found', 'never', 'sink.failed'],
    [state('57014'), 'source.failed', 'backoff', 'sink.failed'],
    [state('53300'), 'source.unavailable', 'backoff', 'sink.unavailable'],
    [state('53100'), 'source.failed', 'backoff', 'sink.failed'],
    [state('40001'), 'source.failed', 'backoff', 'sink.failed'],
    [state('40P01'), 'source.failed', 'backoff', 'sink.failed'],
    [state('55P03'), 'source.failed', 'backoff', 'sink.failed'],
    [state('55006'), 'source.failed', 'backoff', 'sink.failed'],
    [state('55000'), 'source.rejected', 'never', 'sink.rejected'],
    [state('25006'), 'source.failed', 'backoff', 'sink.failed'],
    [state('28P01'), 'source.unauthorized', 'never', 'sink.unauthorized'],
    [state('42501'), 'source.unauthorized', 'never', 'sink.unauthorized'],
    [state('3D000'), 'source.not-found', 'never', 'sink.failed'],
    [state('42P01'), 'source.not-found', 'never', 'sink.failed'],
    [state('42703'), 'source.rejected', 'never', 'sink.rejected'],
    [state('42P10'), 'source.failed', 'backoff', 'sink.failed'],
    [state('42601'), 'source.rejected', 'never', 'sink.rejected'],
    [state('22P02'), 'source.rejected', 'never', 'sink.rejected'],
    [state('22023'), 'source.rejected', 'never', 'sink.rejected'],
    [state('23505'), 'source.rejected', 'never', 'sink.rejected'],
    [state('P0001'), 'source.rejected', 'never', 'sink.rejected'],
    [state('XX000'), 'source.failed', 'backoff', 'sink.failed'],
    [state('ZZ999'), 'source.failed', 'backoff', 'sink.failed'],
    [{ code: 'ECONNREFUSED' }, 'source.unavailable', 'backoff', 'sink.unavailable'],
    [{ code: 'ENOTFOUND' }, 'source.unavailable', 'backoff', 'sink.unavailable'],
    [{ code: 'EPIPE' }, 'source.unavailable', 'backoff', 'sink.unavailable'],
    [{ code: 'SELF_SIGNED_CERT_IN_CHAIN' }, 'source.untrusted', 'backoff', 'sink.untrusted'],
    [{ code: 'ERR_SSL_WRONG_VERSION_NUMBER' }, 'source.unavailable', 'backoff', 'sink.unavailable'],
    [new Error('timeout expired'), 'source.unavailable', 'backoff', 'sink.unavailable'],
    [new Error('Connection terminated unexpectedly'), 'source.unavailable', 'backoff', 'sink.unavailable'],
    [
      new Error('The server does not support SSL connections'),
      'source.unavailable',
      'backoff',
      'sink.unavailable',
    ],
    [
      new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string'),
      'source.unauthorized',
      'never',
      'sink.unauthorized',
    ],
    [new TypeError('a bug'), 'internal.unexpected', 'backoff', 'internal.unexpected'],
    ['a text', 'internal.unexpected', 'backoff', 'internal.unexpected'],
    [undefined, 'internal.unexpected', 'backoff', 'internal.unexpected'],
  ])('%o is %s for a source, with the verdict %s, and %s for a sink', (thrown, source, verdict, sink) => {
    expect(postgresError(thrown, 'source', place)).toMatchObject({ code: source, retry: { kind: verdict } })
    const error = postgresError(thrown, 'sink', place)
    expect(error.code).toBe(sink)
    expect(error.message).toContain(place)
    expect(error.message).not.toContain('hush')
    expect(error.retry.kind).toBe(sink === 'sink.rejected' ? 'never' : 'backoff')
  })

  test('names of column and constraint are told, and the caller knows the column better', () => {
    const thrown = state('23514', { column: 'a', constraint: 'positive', detail: 'hush-hush' })
    expect(postgresError(thrown, 'sink', place).message).toContain(
      '(column a, constraint positive, SQLSTATE 23514)',
    )
    expect(postgresError(thrown, 'sink', place, 'b').message).toContain('(column b, ')
    expect(postgresError(thrown, 'sink', place)).toMatchObject({ details: { sqlState: '23514' } })
  })

  test('an error of ours stays what it is', () => {
    const error = new AppError('sink.address-refused', 'no', retryNever)
    expect(postgresError(error, 'sink', place)).toBe(error)
  })

  test('only what may be the fault of one row is tried with fewer rows', () => {
    for (const code of ['22P02', '23505', 'P0001', '54000', '45000', '21000'])
      expect(isRowFault(code)).toBe(true)
    for (const code of ['08006', '42501', '42P01', '40001', '53200', '57014', 'XX000']) {
      expect(isRowFault(code)).toBe(false)
    }
  })

  test('a connection is lost when the server says so, or says nothing', () => {
    for (const thrown of [
      state('57P01'),
      state('08003'),
      new Error('Connection terminated'),
      { code: 'EPIPE' },
    ]) {
      expect(isConnectionLost(thrown)).toBe(true)
    }
    for (const thrown of [state('23505'), state('57014')]) expect(isConnectionLost(thrown)).toBe(false)
  })

  test('the server names the parameter that it could not read', () => {
    expect(parameterAtFault(state('22P02', { where: "unnamed portal parameter $3 = '...'" }))).toBe(2)
    expect(parameterAtFault(state('22P02'))).toBeUndefined()
  })
})
