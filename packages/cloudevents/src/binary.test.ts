import { describe, expect, test } from 'vitest'
import { decodeHeaderValue, encodeHeaderValue, parseBinary, scanBinary, toBinary } from './index.ts'
import type { EventOptions, HttpHeaders } from './index.ts'

const required = { 'ce-specversion': '1.0', 'ce-id': 'a1', 'ce-source': '/orders', 'ce-type': 'order.placed' }

function structured(headers: HttpHeaders, body: string | Uint8Array, options?: EventOptions): string {
  return Buffer.from(scanBinary({ ...required, ...headers }, body, options).bytes).toString()
}

function dataOf(contentType: string | undefined, body: string | Uint8Array): unknown {
  const { data, data_base64 } = JSON.parse(structured({ 'content-type': contentType }, body)) as Record<
    string,
    unknown
  >
  return data_base64 === undefined ? { data } : { data_base64 }
}

describe('scanBinary', () => {
  test('embeds a JSON body byte for byte, without the white space around it', () => {
    const text = structured({ 'content-type': 'application/json' }, ' { "n":12345678901234567890 }\n')

    expect(text).toContain('"data":{ "n":12345678901234567890 }}')
  })

  test('takes names of headers in any case and leaves other headers alone', () => {
    const event = parseBinary(
      {
        'CE-SpecVersion': '1.0',
        'Ce-Id': 'a',
        'ce-Source': '/s',
        'ce-type': 't',
        'CE-Ext': 'v',
        host: 'h',
        cookie: 'c',
      },
      '',
    )

    expect(event).toEqual({ specversion: '1.0', id: 'a', source: '/s', type: 't', extensions: { ext: 'v' } })
  })

  test.each([
    ['application/json', '{"a":1}', { data: { a: 1 } }],
    ['application/json; charset=utf-8', 'null', { data: null }],
    ['application/vnd.x+json', '"s"', { data: 's' }],
    ['application/json', '', { data: undefined }],
    [undefined, '{"a":1}', { data: { a: 1 } }],
    [undefined, 'plain', { data_base64: 'cGxhaW4=' }],
    ['text/plain', 'grüße\r\n"\u0000', { data: 'grüße\r\n"\u0000' }],
    ['text/plain', '\ufeffbom', { data: '\ufeffbom' }],
    ['application/xml', '<a/>', { data: '<a/>' }],
    ['text/plain', Buffer.from([0xff]), { data_base64: '/w==' }],
    ['text/plain; charset=gbk', 'a', { data_base64: 'YQ==' }],
    ['application/octet-stream', 'a', { data_base64: 'YQ==' }],
    ['image/png', Buffer.from([1, 2, 3, 4]), { data_base64: 'AQIDBA==' }],
  ])('a body of %s %j becomes %j', (contentType, body, expected) => {
    expect(dataOf(contentType, body)).toEqual(expected)
  })

  test.each<[HttpHeaders, string, object]>([
    [{ 'ce-id': undefined }, '', { code: 'cloudevents.missing-attribute', attribute: 'id' }],
    [
      { 'ce-specversion': undefined },
      '',
      { code: 'cloudevents.missing-attribute', attribute: 'specversion' },
    ],
    [{ 'ce-specversion': '0.3' }, '', { code: 'cloudevents.unsupported-specversion' }],
    [{ 'ce-id': '' }, '', { code: 'cloudevents.invalid-attribute', attribute: 'id' }],
    [{ 'ce-data': 'x' }, '', { code: 'cloudevents.invalid-attribute-name', attribute: 'data' }],
    [{ 'ce-data_base64': 'x' }, '', { code: 'cloudevents.invalid-attribute-name' }],
    [{ 'ce-my-ext': 'x' }, '', { code: 'cloudevents.invalid-attribute-name', attribute: 'my-ext' }],
    [{ 'ce-id': ['a', 'b'] }, '', { code: 'cloudevents.invalid-header', attribute: 'id' }],
    [{ 'ce-subject': '100%' }, '', { code: 'cloudevents.invalid-header', attribute: 'subject' }],
    [{ 'ce-subject': '%0A' }, '', { code: 'cloudevents.invalid-attribute', attribute: 'subject' }],
    [
      { 'ce-datacontenttype': 'text/plain' },
      '',
      { code: 'cloudevents.invalid-header', attribute: 'datacontenttype' },
    ],
    [
      { 'content-type': 'application/cloudevents+json' },
      '{}',
      { code: 'cloudevents.unsupported-media-type' },
    ],
    [
      { 'content-type': 'json' },
      '{}',
      { code: 'cloudevents.invalid-attribute', attribute: 'datacontenttype' },
    ],
    [{ 'content-type': 'application/json' }, '{', { code: 'cloudevents.invalid-data', attribute: 'data' }],
    [{ 'content-type': 'application/json' }, '{"a":1}}', { code: 'cloudevents.invalid-data' }],
    [{ 'content-type': 'application/json' }, '1,"id":"b"', { code: 'cloudevents.invalid-data' }],
  ])('refuses %o with the body %j', (headers, body, expected) => {
    expect(() => scanBinary({ ...required, ...headers }, body)).toThrow(expect.objectContaining(expected))
  })

  test('refuses a message without any ce- header as no event', () => {
    expect(() => scanBinary({ 'content-type': 'application/json' }, '{}')).toThrow(
      expect.objectContaining({ code: 'cloudevents.unsupported-media-type' }),
    )
  })

  test('tolerates a header for datacontenttype and zone ids when told to', () => {
    const headers = {
      'ce-datacontenttype': 'application/json',
      'ce-time': '2020-08-24T13:54:05.965Asia/Shanghai',
    }
    const text = structured({ ...headers, 'content-type': 'text/plain' }, '{"a":1}', { tolerant: true })

    expect(JSON.parse(text)).toMatchObject({ datacontenttype: 'application/json', data: { a: 1 } })
  })

  test('applies the limits to the structured text and to the data', () => {
    expect(() => scanBinary(required, 'x'.repeat(200), { eventBytesMax: 200 })).toThrow(
      expect.objectContaining({ code: 'cloudevents.event-too-large', limit: 200 }),
    )
    expect(() => scanBinary({ ...required, 'content-type': 'a/json' }, '[[]]', { depthMax: 1 })).toThrow(
      expect.objectContaining({ code: 'cloudevents.too-deep', limit: 1, seen: 2 }),
    )
  })
})

describe('header values', () => {
  test.each([
    ['Euro € 😀', 'Euro%20%E2%82%AC%20%F0%9F%98%80'],
    ['100%"', '100%25%22'],
    ['a!#$&~', 'a!#$&~'],
    ['\n\u007f', '%0A%7F'],
  ])('%j travels as %s', (text, encoded) => {
    expect(encodeHeaderValue(text)).toBe(encoded)
    expect(decodeHeaderValue('x', encoded)).toBe(text)
  })

  test.each([
    ['"quoted \\"text\\""', 'quoted "text"'],
    ['a b', 'a b'],
    ['%e2%82%ac', '€'],
    ['%2541', '%41'],
    ['caf\u00c3\u00a9', 'café'],
    ['in "the" middle', 'in "the" middle'],
  ])('%j is understood as %j', (value, text) => {
    expect(decodeHeaderValue('x', value)).toBe(text)
  })

  test.each(['%', '%4', '%zz', '%ff', '%c3%28', '"open', '"a"b', '\u00e9', '€'])('%j is refused', value => {
    expect(() => decodeHeaderValue('x', value)).toThrow(
      expect.objectContaining({ code: 'cloudevents.invalid-header' }),
    )
  })
})

describe('toBinary', () => {
  test('gives data without a content type the one the JSON format implies', () => {
    const { headers, body } = toBinary(
      Buffer.from(
        '{"specversion":"1.0","id":"a","source":"/s","type":"t","n":-1,"b":true,"z":null,"data": {"a":1} }',
      ),
    )

    expect(headers).toEqual({
      'ce-specversion': '1.0',
      'ce-id': 'a',
      'ce-source': '/s',
      'ce-type': 't',
      'ce-n': '-1',
      'ce-b': 'true',
      'content-type': 'application/json',
    })
    expect(Buffer.from(body).toString()).toBe('{"a":1}')
  })

  test.each([
    ['"datacontenttype":"text/plain","data":"gr\\u00fc\\u00dfe"', 'grüße'],
    ['"datacontenttype":"text/plain","data":{"a":1}', '{"a":1}'],
    ['"datacontenttype":"application/json","data":"s"', '"s"'],
    ['"data_base64":"AQID\\/w=="', '\u0001\u0002\u0003\ufffd'],
    ['"data_base64":null', ''],
    ['"ext":1', ''],
  ])('of %s has the body %j', (members, body) => {
    const text = `{"specversion":"1.0","id":"a","source":"/s","type":"t",${members}}`
    expect(Buffer.from(toBinary(Buffer.from(text)).body).toString()).toBe(body)
  })
})
