import { AppError, retryNever } from '@millrace/spi'
import { describe, expect, test } from 'vitest'
import { isElsewhere, redisError } from './errors.ts'

const place = 'the Redis server cache:6379'
const reply = (text: string): Error => new Error(text)

describe('errors of the client', () => {
  test.each([
    [reply('WRONGTYPE Operation against a key'), 'source.rejected', 'never', 'sink.rejected'],
    [reply("NOGROUP No such key 'k' or consumer group 'g'"), 'source.not-found', 'never', 'sink.failed'],
    [reply('UNBLOCKED the stream key no longer exists'), 'source.not-found', 'never', 'sink.failed'],
    [
      reply('ERR The XGROUP subcommand requires the key to exist.'),
      'source.not-found',
      'never',
      'sink.failed',
    ],
    [reply('ERR no such key'), 'source.not-found', 'never', 'sink.failed'],
    [reply('NOAUTH Authentication required.'), 'source.unauthorized', 'never', 'sink.unauthorized'],
    [reply('WRONGPASS invalid username-password pair'), 'source.unauthorized', 'never', 'sink.unauthorized'],
    [reply('NOPERM this user has no permissions'), 'source.unauthorized', 'never', 'sink.unauthorized'],
    [
      reply('ERR AUTH <password> called without any password configured'),
      'source.unauthorized',
      'never',
      'sink.unauthorized',
    ],
    [reply('DENIED Redis is running in protected mode'), 'source.unauthorized', 'never', 'sink.unauthorized'],
    [
      reply("OOM command not allowed when used memory > 'maxmemory'."),
      'source.failed',
      'backoff',
      'sink.failed',
    ],
    [reply('MISCONF Redis is configured to save RDB snapshots'), 'source.failed', 'backoff', 'sink.failed'],
    [reply('NOREPLICAS Not enough good replicas to write.'), 'source.failed', 'backoff', 'sink.failed'],
    [reply('BUSY Redis is busy running a script.'), 'source.failed', 'backoff', 'sink.failed'],
    [
      reply("READONLY You can't write against a read only replica."),
      'source.failed',
      'backoff',
      'sink.failed',
    ],
    [reply('LOADING Redis is loading the dataset'), 'source.unavailable', 'backoff', 'sink.unavailable'],
    [reply('MASTERDOWN Link with MASTER is down'), 'source.unavailable', 'backoff', 'sink.unavailable'],
    [reply('CLUSTERDOWN The cluster is down'), 'source.unavailable', 'backoff', 'sink.unavailable'],
    [reply('TRYAGAIN Multiple keys request'), 'source.failed', 'backoff', 'sink.failed'],
    [reply('MOVED 3999 127.0.0.1:6381'), 'source.failed', 'backoff', 'sink.failed'],
    [reply('ASK 3999 127.0.0.1:6381'), 'source.failed', 'backoff', 'sink.failed'],
    [reply("CROSSSLOT Keys in request don't hash"), 'source.rejected', 'never', 'sink.rejected'],
    [reply('ERR max number of clients reached'), 'source.unavailable', 'backoff', 'sink.unavailable'],
    [reply('ERR DB index is out of range'), 'source.rejected', 'never', 'sink.rejected'],
    [reply("ERR unknown command 'XAUTOCLAIM'"), 'source.rejected', 'never', 'sink.rejected'],
    [reply('ERR Protocol error: invalid bulk length'), 'source.rejected', 'never', 'sink.rejected'],
    [reply('ERR something new'), 'source.failed', 'backoff', 'sink.failed'],
    [reply('STRANGE something new'), 'source.failed', 'backoff', 'sink.failed'],
    [{ code: 'ECONNREFUSED' }, 'source.unavailable', 'backoff', 'sink.unavailable'],
    [{ code: 'ENOTFOUND' }, 'source.unavailable', 'backoff', 'sink.unavailable'],
    [{ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, 'source.untrusted', 'backoff', 'sink.untrusted'],
    [{ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }, 'source.untrusted', 'backoff', 'sink.untrusted'],
    [{ code: 'ERR_SSL_WRONG_VERSION_NUMBER' }, 'source.unavailable', 'backoff', 'sink.unavailable'],
    [new Error('Connection timeout'), 'source.unavailable', 'backoff', 'sink.unavailable'],
    [new Error('Socket closed unexpectedly'), 'source.unavailable', 'backoff', 'sink.unavailable'],
    [new Error('The client is closed'), 'source.unavailable', 'backoff', 'sink.unavailable'],
    [new TypeError('a bug'), 'internal.unexpected', 'backoff', 'internal.unexpected'],
    ['a text', 'internal.unexpected', 'backoff', 'internal.unexpected'],
    [undefined, 'internal.unexpected', 'backoff', 'internal.unexpected'],
  ])('%o is %s for a source, with the verdict %s, and %s for a sink', (thrown, source, verdict, sink) => {
    expect(redisError(thrown, 'source', place)).toMatchObject({ code: source, retry: { kind: verdict } })
    const error = redisError(thrown, 'sink', place)
    expect(error.code).toBe(sink)
    expect(error.message).toContain(place)
    // What a sink lacks can be made while its events wait; only what the record itself is to blame for ends them.
    expect(error.retry.kind).toBe(sink === 'sink.rejected' ? 'never' : 'backoff')
  })

  test('an error of ours stays what it is', () => {
    const error = new AppError('sink.address-refused', 'no', retryNever)
    expect(redisError(error, 'sink', place)).toBe(error)
  })

  test('another server of the endpoint is asked when this one is a replica or still loads', () => {
    expect(isElsewhere(reply('READONLY You cannot'))).toBe(true)
    expect(isElsewhere(reply('LOADING'))).toBe(true)
    expect(isElsewhere(reply('OOM'))).toBe(false)
    expect(isElsewhere(undefined)).toBe(false)
  })
})
