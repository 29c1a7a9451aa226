import { optionsParser } from '@millrace/spi'
import { outgoing } from '@millrace/spi/conformance'
import { describe, expect, test } from 'vitest'
import { HttpSinkOptions } from './options.ts'
import { type HttpRequest, RequestBuilder } from './request.ts'
import { completeOptions } from './options.fixture.ts'

function build(options: Partial<HttpSinkOptions>, record = outgoing('e1')): HttpRequest {
  return new RequestBuilder(completeOptions(options)).build(record)
}

function parameters(values: Record<string, string>): ReturnType<typeof outgoing> {
  return outgoing('e1', { parameters: values })
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('the body', () => {
  test('without a transform is the structured event', () => {
    const record = outgoing('e1')
    const request = build({}, record)
    expect(request).toMatchObject({ origin: 'http://example.com', path: '/', method: 'POST' })
    expect(request.body).toBe(record.event)
    expect(request.headers.get('content-type')).toBe('application/cloudevents+json; charset=utf-8')
    expect([...request.headers.keys()].filter(name => name.startsWith('ce-'))).toEqual([])
  })

  test.each([
    ['application/json', 'application/json; charset=utf-8'],
    ['text/plain; charset=utf-8', 'text/plain; charset=utf-8'],
    [undefined, 'application/octet-stream'],
  ])('of a transform with type %s is sent as %s', (contentType, expected) => {
    const body = encode('{"a":1}')
    const request = build({}, outgoing('e1', { body, contentType }))
    expect(request.body).toBe(body)
    expect(request.headers.get('content-type')).toBe(expected)
  })

  test('of a transform that found nothing is empty and has no type', () => {
    const request = build({}, outgoing('e1', { body: new Uint8Array(0), contentType: undefined }))
    expect(request.body).toHaveLength(0)
    expect(request.headers.has('content-type')).toBe(false)
  })

  test('in structured mode is the event, whatever the transform made', () => {
    const record = outgoing('e1', { body: encode('x'), contentType: 'text/plain' })
    expect(build({ mode: 'structured' }, record).body).toBe(record.event)
  })

  test('in binary mode is the data, and the attributes are headers', () => {
    const event = encode(
      '{"specversion":"1.0","id":"e 1","source":"/s","type":"t","datacontenttype":"application/json","ext":7,"data":{"big":12345678901234567890}}',
    )
    const request = build({ mode: 'binary' }, outgoing('e 1', { event }))
    expect(new TextDecoder().decode(request.body ?? undefined)).toBe('{"big":12345678901234567890}')
    expect(Object.fromEntries(request.headers)).toMatchObject({
      'ce-id': 'e%201',
      'ce-source': '/s',
      'ce-type': 't',
      'ce-specversion': '1.0',
      'ce-ext': '7',
      'content-type': 'application/json',
    })
  })

  test.each(['GET', 'HEAD'] as const)('is left out with %s', method => {
    const request = build({ method })
    expect(request.body).toBeNull()
    expect(request.headers.has('content-type')).toBe(false)
  })
})

describe('headers', () => {
  test('always name the event and the attempt', () => {
    const { headers } = build({}, outgoing('a b\r\nx: y', { attempt: 3 }))
    expect(headers.get('millrace-event-id')).toBe('a%20b%0D%0Ax:%20y')
    expect(headers.get('millrace-attempt')).toBe('3')
  })

  test('of the trace are passed on when the event has them', () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const event = encode(
      `{"specversion":"1.0","id":"1","source":"s","type":"t","traceparent":"${traceparent}","tracestate":"a=1"}`,
    )
    const { headers } = build({}, outgoing('1', { event }))
    expect(headers.get('traceparent')).toBe(traceparent)
    expect(headers.get('tracestate')).toBe('a=1')
    expect(headers.get('millrace-event-id')).toBe('1')
  })

  test.each(['data', 'traceparent'])('of a trace are not made from something else (%s)', name => {
    const value = name === 'data' ? '{"traceparent":"00-aa-bb-01"}' : '"evil\\r\\nx: y"'
    const event = encode(`{"specversion":"1.0","id":"1","source":"s","type":"t","${name}":${value}}`)
    expect(build({}, outgoing('1', { event })).headers.has('traceparent')).toBe(false)
  })

  test('of the options win over those of the content, parameters over options, credentials over all', () => {
    const { headers } = build(
      {
        headers: { 'Content-Type': 'text/x', 'X-One': 'option', Authorization: 'option' },
        auth: { type: 'bearer', token: 'hush' },
      },
      parameters({ 'headers.X-One': 'parameter', 'headers.authorization': 'parameter' }),
    )
    expect(headers.get('content-type')).toBe('text/x')
    expect(headers.get('x-one')).toBe('parameter')
    expect(headers.get('authorization')).toBe('Bearer hush')
  })

  test('carry the credentials of each kind', () => {
    const basic = build({ auth: { type: 'basic', username: 'Ann', password: 'pä:ss' } })
    expect(basic.headers.get('authorization')).toBe(`Basic ${Buffer.from('Ann:pä:ss').toString('base64')}`)
    const apiKey = build({ auth: { type: 'apiKey', header: 'X-Api-Key', value: 'k' } })
    expect(apiKey.headers.get('x-api-key')).toBe('k')
  })

  test('are sent as UTF-8', () => {
    const { headers } = build({ headers: { 'x-name': 'Größe' } })
    expect(Buffer.from(headers.get('x-name') ?? '', 'latin1').toString()).toBe('Größe')
  })

  test.each([
    ['headers.x-a', 'b\r\nx-evil: 1', 'line break'],
    ['headers.x-a', 'b\nx', 'line break'],
    ['headers.x-a', 'b\u0000', 'control character'],
    ['headers.x a', 'b', 'no name'],
    ['headers.x:a', 'b', 'no name'],
    ['headers.', 'b', 'no name'],
    ['headers.Host', 'evil', 'belongs to the connection'],
    ['headers.Content-Length', '0', 'belongs to the connection'],
    ['headers.transfer-encoding', 'chunked', 'belongs to the connection'],
  ])('the parameter %s with %j is refused', (name, value, fault) => {
    expect(() => build({}, parameters({ [name]: value }))).toThrow(
      expect.objectContaining({
        code: 'sink.rejected',
        retry: { kind: 'never' },
        message: expect.stringContaining(fault),
      }),
    )
  })
})

describe('path and query', () => {
  test.each([
    ['http://example.com', 'a', '/a'],
    ['http://example.com/base', 'a/b', '/base/a/b'],
    ['http://example.com/base/', '/a', '/base/a'],
    ['http://example.com/base?k=1', 'a', '/base/a?k=1'],
    ['http://example.com/base', 'a?b=c#d', '/base/a%3Fb%3Dc%23d'],
    ['http://example.com/base', '%2e%2e/x', '/base/%252e%252e/x'],
    ['http://example.com/base', '//evil.test/x', '/base//evil.test/x'],
    ['http://example.com/base', '@evil.test', '/base/%40evil.test'],
    ['http://example.com/base', 'Größe 1', '/base/Gr%C3%B6%C3%9Fe%201'],
    ['http://example.com/base', 'a\r\nb', '/base/a%0D%0Ab'],
    ['http://example.com/base', '\\..\\x', '/base/%5C..%5Cx'],
  ])('%s with path %j becomes %s at the same host', (url, path, expected) => {
    expect(build({ url }, parameters({ path }))).toMatchObject({
      origin: 'http://example.com',
      path: expected,
    })
  })

  test.each(['..', '../x', 'a/../../b', 'a/.', './b'])(
    'the path %s would lead elsewhere and is refused',
    path => {
      expect(() => build({}, parameters({ path }))).toThrow(
        expect.objectContaining({ code: 'sink.rejected' }),
      )
    },
  )

  test.each([
    ['http://example.com/x', '/x?q=a%26b%3D%23%20c'],
    ['http://example.com/x?', '/x?q=a%26b%3D%23%20c'],
    ['http://example.com/x?k=1', '/x?k=1&q=a%26b%3D%23%20c'],
  ])('%s with a query parameter becomes %s', (url, path) => {
    expect(build({ url }, parameters({ 'query.q': 'a&b=# c' })).path).toBe(path)
  })

  test('an empty path changes nothing but the slash at the end', () => {
    expect(build({ url: 'http://example.com/x' }, parameters({ path: '' })).path).toBe('/x/')
  })
})

test('the schema and its defaults make complete options', () => {
  const parse = optionsParser('http', HttpSinkOptions)
  expect(parse({ url: 'http://example.com' })).toMatchObject({
    method: 'POST',
    mode: 'body',
    headers: {},
    connectTimeoutMs: 5_000,
    redirectsMax: 0,
  })
})
