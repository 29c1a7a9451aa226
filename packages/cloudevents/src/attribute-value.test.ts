import { describe, expect, test } from 'vitest'
import { isAttributeName, isTimestamp, isUri, isUriReference, parseAttribute } from './index.ts'
import { isMediaType, isTextMediaType } from './media-type.ts'
import { contentModeOf, isJsonMediaType } from './index.ts'

describe('a Timestamp', () => {
  test.each([
    '2018-04-05T17:31:00Z',
    '1985-04-12T23:20:50.52Z',
    '1990-12-31T15:59:60-08:00',
    '2026-01-31T12:00:00.123456789123456789+14:00',
    '0000-01-01T00:00:00Z',
    '2000-02-29t00:00:00z',
  ])('may be %s', text => {
    expect(isTimestamp(text)).toBe(true)
  })

  test.each([
    '',
    'yesterday',
    '2018-04-05',
    '2018-04-05T17:31Z',
    '2018-04-05T17:31:00',
    '2018-04-05 17:31:00Z',
    '2018-04-31T17:31:00Z',
    '1900-02-29T00:00:00Z',
    '2018-00-05T17:31:00Z',
    '2018-04-05T24:00:00Z',
    '2018-04-05T17:60:00Z',
    '2018-04-05T17:31:61Z',
    '2018-04-05T17:31:00.Z',
    '2018-04-05T17:31:00+0800',
    '2018-04-05T17:31:00+24:00',
    '2018-04-05T17:31:00+08:60',
    '2018-04-05T17:31:00ZZ',
    '12018-04-05T17:31:00Z',
    '２018-04-05T17:31:00Z',
  ])('is not %s', text => {
    expect(isTimestamp(text)).toBe(false)
  })

  test.each([
    '2020-08-24T13:54:05.965Asia/Shanghai',
    '2020-11-19T21:04:42.179PRC',
    '2020-11-19T21:04:42Etc/GMT+8',
  ])('may be %s where zone ids are tolerated, and only there', text => {
    expect([isTimestamp(text, true), isTimestamp(text)]).toEqual([true, false])
  })

  test.each(['2020-08-24T13:54:05.965 Asia', '2020-08-24T13:54:05.965', '2020-08-24T13:54:05Asia/上海'])(
    'is not %s, tolerated or not',
    text => {
      expect(isTimestamp(text, true)).toBe(false)
    },
  )
})

describe('a URI-reference', () => {
  test.each(
    [
      '',
      '/',
      '/cloudevents/spec/pull/123',
      'https://github.com/cloudevents',
      'mailto:cncf-wg-serverless@lists.cncf.io',
      'urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66',
      'cloudevents/spec/pull/123',
      '1-555-123-4567',
      '//example.com',
      'http://[::ffff:1.2.3.4]:8080/?a=[',
    ].slice(0, 9),
  )('may be %s', text => {
    expect(isUriReference(text)).toBe(true)
  })

  test.each([
    'a b',
    '1:b',
    ':',
    'a%2',
    '%zz',
    'a#b#c',
    'http://[::1',
    'http://[::g]/',
    'http://h:8x/',
    'a[b',
    'a|b',
    'a"b',
    'é',
    '\\',
  ])('is not %s', text => {
    expect(isUriReference(text)).toBe(false)
  })

  test('may hold characters outside ASCII where that is tolerated', () => {
    expect(
      ['/订单/中国', 'http://例え.jp/'].map(text => [isUriReference(text, true), isUriReference(text)]),
    ).toEqual([
      [true, false],
      [true, false],
    ])
    expect(isUriReference('/a b', true)).toBe(false)
  })

  test('is a URI when it has a scheme', () => {
    expect(['a:', 'urn:x', 'https://h/'].map(text => isUri(text))).toEqual([true, true, true])
    expect(['', '/a', 'a', '//h', '#f', '1a:b'].map(text => isUri(text))).toEqual(
      Array.from({ length: 6 }, () => false),
    )
  })
})

describe('typed attributes', () => {
  test.each([
    ['true', 'Boolean', true],
    ['TRUE', 'Boolean', undefined],
    ['-2147483648', 'Integer', -2_147_483_648],
    ['2147483647', 'Integer', 2_147_483_647],
    ['2147483648', 'Integer', undefined],
    ['01', 'Integer', undefined],
    ['1.0', 'Integer', undefined],
    ['', 'Integer', undefined],
    ['text', 'String', 'text'],
    ['a\tb', 'String', undefined],
    ['\u{1f600}', 'String', '\u{1f600}'],
    ['\ud83d', 'String', undefined],
    ['\uffff', 'String', undefined],
    ['AAEC', 'Binary', Buffer.from([0, 1, 2])],
    ['AAE', 'Binary', undefined],
    ['/a', 'URI', undefined],
    ['a:b', 'URI', 'a:b'],
    ['/a', 'URI-reference', '/a'],
    ['2026-01-31T12:00:00Z', 'Timestamp', '2026-01-31T12:00:00Z'],
    ['2026-01-32T12:00:00Z', 'Timestamp', undefined],
  ] as const)('%j as %s reads as %j', (text, type, value) => {
    expect(parseAttribute(text, type)).toEqual(value)
  })

  test('names have lower-case letters and digits only', () => {
    expect(['a', '1', 'traceparent', 'x9'].map(isAttributeName)).toEqual([true, true, true, true])
    expect(['', 'A', 'a_b', 'a-b', 'é', 'a b'].map(isAttributeName)).toEqual([
      false,
      false,
      false,
      false,
      false,
      false,
    ])
  })
})

describe('media types', () => {
  test.each([
    ['application/cloudevents+json', 'structured'],
    ['Application/CloudEvents+JSON; charset=UTF-8', 'structured'],
    ['application/cloudevents-batch+json', 'batch'],
    ['application/cloudevents+xml', 'unsupported'],
    ['application/cloudevents+avro', 'unsupported'],
    ['application/json', 'binary'],
    [undefined, 'binary'],
  ] as const)('%s means %s mode', (contentType, mode) => {
    expect(contentModeOf(contentType)).toBe(mode)
  })

  test('JSON is what ends in json', () => {
    const json = [
      undefined,
      'application/json',
      'text/json',
      'application/vnd.x+json; v=1',
      'APPLICATION/JSON',
    ]
    expect(json.map(isJsonMediaType)).toEqual([true, true, true, true, true])
    expect(['text/plain', 'application/jsonl', 'application/json-seq'].map(isJsonMediaType)).toEqual([
      false,
      false,
      false,
    ])
  })

  test('text is what promises UTF-8 or leaves the charset open', () => {
    const texts = ['text/plain', 'text/csv; charset="UTF-8"', 'application/xml', 'image/svg+xml']
    expect(texts.map(isTextMediaType)).toEqual([true, true, true, true])
    expect(['text/plain; charset=gbk', 'image/png', 'application/octet-stream'].map(isTextMediaType)).toEqual(
      [false, false, false],
    )
  })

  test('are refused when they are none', () => {
    expect(['a/b', 'a/b;c=d', 'a/b; c="d;e\\""', 'application/json; charset=utf-8'].map(isMediaType)).toEqual(
      [true, true, true, true],
    )
    expect(['', 'a', 'a/', '/b', 'a/b/c', 'a b/c', 'a/b; =c', 'a/b; c="d'].map(isMediaType)).toEqual(
      Array.from({ length: 8 }, () => false),
    )
  })
})
