import { AppError } from '@millrace/spi'
import { describe, expect, test } from 'vitest'
import { columnAtFault, isConnectionLost, isRowFault, mysqlError } from './errors.ts'

const place = 'the MySQL server db:3306, database shop,'

function serverError(errno: number, sqlState: string, sqlMessage = 'it says hush-hush'): Error {
  return Object.assign(new Error(sqlMessage), { errno, sqlState, sqlMessage, code: 'ER_SOMETHING' })
}

function clientError(code: string, message = 'it says hush-hush'): Error {
  return Object.assign(new Error(message), { code })
}

describe('errors of the client and the server', () => {
  test.each([
    [serverError(1040, '08004'), 'sink.unavailable', 'backoff', 'max_connections'],
    [serverError(1045, '28000'), 'sink.unauthorized', 'never', 'username and password'],
    [serverError(1053, '08S01'), 'sink.unavailable', 'backoff', 'shutting down'],
    [serverError(1062, '23000'), 'sink.rejected', 'never', 'upsert'],
    [serverError(1142, '42000'), 'sink.unauthorized', 'never', 'GRANT'],
    [serverError(1146, '42S02'), 'sink.failed', 'backoff', 'create it'],
    [serverError(1205, 'HY000'), 'sink.failed', 'backoff', 'lock'],
    [serverError(1213, '40001'), 'sink.failed', 'backoff', 'collided'],
    [serverError(1290, 'HY000'), 'sink.failed', 'backoff', 'read-only'],
    [serverError(1406, '22001'), 'sink.rejected', 'never', 'too long'],
    [serverError(4025, '23000'), 'sink.rejected', 'never', 'check'],
    [serverError(9999, '22999'), 'sink.rejected', 'never', 'does not fit'],
    [serverError(9999, 'HY000'), 'sink.failed', 'backoff', 'error 9999'],
    [clientError('ECONNREFUSED'), 'sink.unavailable', 'backoff', 'cannot be reached'],
    [clientError('PROTOCOL_CONNECTION_LOST'), 'sink.unavailable', 'backoff', 'closed the connection'],
    [clientError('DEPTH_ZERO_SELF_SIGNED_CERT'), 'sink.untrusted', 'backoff', 'certificate'],
    [
      clientError('HANDSHAKE_SSL_ERROR', 'self-signed certificate'),
      'sink.untrusted',
      'backoff',
      'certificate',
    ],
    [clientError('HANDSHAKE_SSL_ERROR', 'wrong version'), 'sink.unavailable', 'backoff', 'TLS'],
    [clientError('HANDSHAKE_NO_SSL_SUPPORT'), 'sink.unavailable', 'backoff', 'take the option tls away'],
    [
      new Error("Can't add new command when connection is in closed state"),
      'sink.unavailable',
      'backoff',
      'closed',
    ],
    [new TypeError('hush-hush'), 'internal.unexpected', 'backoff', 'unforeseen'],
    ['hush-hush', 'internal.unexpected', 'backoff', 'unforeseen'],
    [undefined, 'internal.unexpected', 'backoff', 'unforeseen'],
  ])('%s becomes %s, %s, with words', (thrown, code, kind, words) => {
    const error = mysqlError(thrown, 'sink', place)
    expect(error).toMatchObject({ code, retry: { kind } })
    expect(error.message).toContain(words)
    expect(error.message).not.toContain('hush-hush')
    expect(JSON.stringify(error.details ?? {})).not.toContain('hush-hush')
  })

  test('a source does not wait for a table; what is an AppError already stays as it is', () => {
    expect(mysqlError(serverError(1146, '42S02'), 'source', place)).toMatchObject({
      code: 'source.not-found',
      retry: { kind: 'never' },
    })
    const own = new AppError('sink.rejected', 'so it is')
    expect(mysqlError(own, 'sink', place)).toBe(own)
  })

  test('what ends a connection is told from what refuses a row, and from what no row is to blame for', () => {
    expect(isConnectionLost(clientError('ECONNRESET'))).toBe(true)
    expect(isConnectionLost(serverError(1053, '08S01'))).toBe(true)
    expect(isConnectionLost(serverError(1062, '23000'))).toBe(false)
    expect(isRowFault(serverError(1062, '23000'))).toBe(true)
    expect(isRowFault(serverError(1213, '40001'))).toBe(false)
    expect(isRowFault(serverError(1064, '42000'))).toBe(false)
  })

  test.each([
    ["Out of range value for column 'n' at row 3", 'n'],
    ["Incorrect integer value: 'for column `x` at row 1' for column `shop`.`t`.`n` at row 1", 'n'],
    ["Data too long for column 'word' at row 1", 'word'],
    ["Column 'n' cannot be null", 'n'],
    ["Field 'n' doesn't have a default value", 'n'],
    ["Duplicate entry 'n' for key 'PRIMARY'", undefined],
    ["Incorrect integer value: 'x' for column `hush-hush` at row 1", undefined],
    ['', undefined],
  ])('the column of "%s" is %s', (message, column) => {
    expect(columnAtFault(serverError(1366, '22007', message), ['n', 'word'])).toBe(column)
  })
})
