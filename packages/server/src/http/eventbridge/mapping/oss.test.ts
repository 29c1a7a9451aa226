import { describe, expect, test } from 'vitest'
import { Members, parametersOf } from './members.ts'
import { ossEventSource, ossSink, ossSource } from './oss.ts'

const context = { account: '1', hasFunction: () => false, hasQueue: () => false, rateOf: () => undefined }
const members = (given: Record<string, unknown>) => new Members('OSS', parametersOf(given))
const sink = (given: Record<string, unknown>) => ossSink(members({ BucketName: 'demo', ...given }), context)

describe('SourceOSSParameters', () => {
  test('the objects of a bucket, by their elements', () => {
    const given = {
      BucketName: 'demo',
      Prefix: 'in/',
      LoadMode: 'Element',
      LoadFormat: 'TextLoader',
      RoleName: 'r',
    }
    expect(ossSource(members({ ...given, Delimiter: '\\r\\n' }), context)).toEqual({
      connector: 'oss',
      instance: 'oss',
      options: {
        mode: 'list',
        start: 'earliest',
        bucket: 'demo',
        prefix: 'in/',
        content: 'element',
        delimiter: '\r\n',
      },
    })
  })

  test('whole objects, when nothing is said', () => {
    const { options } = ossSource(members({ BucketName: 'demo' }), context)
    expect(options).toEqual({ mode: 'list', start: 'earliest', bucket: 'demo', content: 'single' })
    expect(() => ossSource(members({}), context)).toThrow('needs BucketName')
  })
})

describe('SinkOSSParameters', () => {
  test('a bucket, its paths, and the batches that become objects', () => {
    const given = {
      RegionId: 'cn-hangzhou',
      Endpoint: 's3.oss-cn-hangzhou.aliyuncs.com',
      SSLEnabled: true,
      PathFormat: 'orders/{yyyy-MM-dd}',
      TimeZone: 'Asia/Shanghai',
      CompressionType: 'GZIP',
      RotateIntervalMs: '600000',
      RotateSizeBytes: '1048576',
      TaskConcurrency: '2',
      ContentTransform: { Form: 'JSONPATH', Value: '$.data' },
    }
    expect(sink(given)).toEqual({
      sink: {
        connector: 'oss',
        instance: 'oss',
        options: {
          endpoint: 'https://s3.oss-cn-hangzhou.aliyuncs.com',
          region: 'cn-hangzhou',
          bucket: 'demo',
          pathFormat: 'orders/{yyyy-MM-dd}',
          timeZone: 'Asia/Shanghai',
          compression: 'gzip',
        },
      },
      transform: { form: 'JSONPATH', value: '$.data' },
      concurrencyMax: 2,
      batch: { countMax: 10_000, windowMs: 300_000, bytesMax: 1_048_576 },
    })
  })

  test.each([
    [{ Endpoint: 'h:1', SSLEnabled: 'false' }, 'http://h:1'],
    [{ Endpoint: 'http://h:1' }, 'http://h:1'],
    [{}, undefined],
  ])('the address of %o is %s', (given, endpoint) => {
    expect(sink(given).sink).toMatchObject({
      options: endpoint === undefined ? { bucket: 'demo' } : { endpoint },
    })
    expect('batch' in sink(given)).toBe(false)
  })

  test.each([
    [{ RotateSizeBytes: '-1' }, 'RotateSizeBytes is a whole number'],
    [{ RotateIntervalMs: 'soon' }, 'RotateIntervalMs is a whole number'],
    [{ CompressionType: 'LZO' }, 'CompressionType is one of NONE, GZIP'],
  ])('%o is refused', (given, words) => {
    expect(() => sink(given)).toThrow(words)
  })
})

test.each([
  [[{ Prefix: 'a' }, { Suffix: 'b', MatchState: false }]],
  [[[{ Prefix: 'a' }, { Suffix: 'b', MatchState: 'false' }]]],
  [[[{ Prefix: 'a' }], [{ Suffix: 'b', MatchState: false }]]],
])('rules of an event source are one list, however they are nested: %j', MatchRules => {
  expect(ossEventSource({ MatchRules, EventTypes: null }, 't')).toEqual({
    connector: 'oss',
    options: {
      mode: 'webhook',
      token: 't',
      keyRules: [
        { prefix: 'a', suffix: '', exclude: false },
        { prefix: '', suffix: 'b', exclude: true },
      ],
    },
  })
})
