import { AppError, retryNever } from '@millrace/spi'
import { describe, expect, test } from 'vitest'
import { CallRefused, ChildMissing } from './child/index.ts'
import { closedError, rocketmqError } from './errors.ts'

const refused = (code: string | number | undefined, message = 'the server says hush-hush'): CallRefused =>
  new CallRefused(code === undefined ? { name: 'E', message } : { name: 'E', message, code })

describe('what a call of the client threw', () => {
  test.each<[string | number | undefined, string, string, string, string]>([
    [1, 'source.unavailable', 'backoff', 'sink.unavailable', 'backoff'],
    [4, 'source.unavailable', 'backoff', 'sink.timeout', 'backoff'],
    [7, 'source.unauthorized', 'never', 'sink.unauthorized', 'backoff'],
    [8, 'source.failed', 'backoff', 'sink.throttled', 'backoff'],
    [12, 'source.rejected', 'never', 'sink.rejected', 'never'],
    [13, 'source.failed', 'backoff', 'sink.failed', 'backoff'],
    [14, 'source.unavailable', 'backoff', 'sink.unavailable', 'backoff'],
    [16, 'source.unauthorized', 'never', 'sink.unauthorized', 'backoff'],
    [40000, 'source.rejected', 'never', 'sink.rejected', 'never'],
    [40010, 'source.rejected', 'never', 'sink.rejected', 'never'],
    [40012, 'source.rejected', 'never', 'sink.rejected', 'never'],
    [40013, 'source.lost', 'never', 'sink.failed', 'backoff'],
    [40100, 'source.unauthorized', 'never', 'sink.unauthorized', 'backoff'],
    [40300, 'source.unauthorized', 'never', 'sink.unauthorized', 'backoff'],
    [40402, 'source.not-found', 'never', 'sink.failed', 'backoff'],
    [40403, 'source.not-found', 'never', 'sink.failed', 'backoff'],
    [40800, 'source.unavailable', 'backoff', 'sink.timeout', 'backoff'],
    [41301, 'source.rejected', 'never', 'sink.rejected', 'never'],
    [42900, 'source.failed', 'backoff', 'sink.throttled', 'backoff'],
    [43101, 'source.rejected', 'never', 'sink.rejected', 'never'],
    [50001, 'source.failed', 'backoff', 'sink.failed', 'backoff'],
    [50400, 'source.unavailable', 'backoff', 'sink.timeout', 'backoff'],
    [50501, 'source.rejected', 'never', 'sink.rejected', 'never'],
    [60000, 'source.failed', 'backoff', 'sink.failed', 'backoff'],
    ['message-too-large', 'source.rejected', 'never', 'sink.rejected', 'never'],
    ['message-type', 'source.rejected', 'never', 'sink.rejected', 'never'],
    ['group-broken', 'source.unavailable', 'uncounted', 'sink.unavailable', 'uncounted'],
    ['no-queue', 'source.failed', 'backoff', 'sink.failed', 'backoff'],
    ['topics-max', 'source.failed', 'backoff', 'sink.failed', 'backoff'],
    ['sink.address-refused', 'source.rejected', 'never', 'sink.address-refused', 'never'],
    ['ENOTFOUND', 'source.unavailable', 'backoff', 'sink.unavailable', 'backoff'],
    ['something-new', 'source.failed', 'backoff', 'sink.failed', 'backoff'],
    [undefined, 'source.failed', 'backoff', 'sink.failed', 'backoff'],
  ])('%s is %s (%s) to a source and %s (%s) to a sink', (code, source, sourceRetry, sink, sinkRetry) => {
    expect(rocketmqError(refused(code), 'source', 'p:1')).toMatchObject({
      code: source,
      retry: { kind: sourceRetry },
    })
    const error = rocketmqError(refused(code), 'sink', 'p:1')
    expect(error).toMatchObject({ code: sink, retry: { kind: sinkRetry } })
    expect(error.message).toMatch(/^The proxy p:1 .+\.$/)
    expect(JSON.stringify([error.message, error.details])).not.toContain('hush-hush')
  })

  test.each([
    ['Last error: self-signed certificate', 'sink.untrusted'],
    ["Hostname/IP does not match certificate's altnames", 'sink.untrusted'],
    ['The target 10.0.0.1 is, or resolves only to, addresses that are not public', 'sink.address-refused'],
    ['Name resolution failed for target dns:nowhere:1', 'sink.unavailable'],
  ])('a connection that is not there for the reason "%s" is %s', (message, code) => {
    expect(rocketmqError(refused(14, message), 'sink', 'p:1').code).toBe(code)
  })
})

test('a filter that the proxy cannot read is refused, although the code says that the proxy failed', () => {
  const message = "ProxyException: parse the consumer's subscription failed"
  expect(rocketmqError(refused(50_001, message), 'source', 'p:1').code).toBe('source.rejected')
})

describe('a child that is missing', () => {
  test.each([
    ['gone', 'sink.unavailable', { kind: 'backoff' }],
    ['late', 'sink.unavailable', { kind: 'backoff' }],
    ['full', 'sink.unavailable', { kind: 'uncounted' }],
    ['closed', 'sink.unavailable', { kind: 'backoff' }],
  ] as const)('%s is %s', (why, code, retry) => {
    expect(rocketmqError(new ChildMissing(why, 'why'), 'sink', 'p:1')).toMatchObject({ code, retry })
  })

  test('that is not started yet says why the last one failed, and when the next one comes', () => {
    const pausing = new ChildMissing('pausing', 'later', { delayMs: 250, cause: refused(14) })
    expect(rocketmqError(pausing, 'sink', 'p:1')).toMatchObject({
      code: 'sink.unavailable',
      retry: { kind: 'after', delayMs: 250 },
    })
  })
})

test('an AppError stays what it is, and everything else is unforeseen', () => {
  const own = new AppError('source.lost', 'gone', retryNever)
  expect(rocketmqError(own, 'source', 'p:1')).toBe(own)
  expect(rocketmqError('what', 'source', 'p:1')).toMatchObject({ code: 'internal.unexpected' })
  expect(closedError('source').code).toBe('source.closed')
})
