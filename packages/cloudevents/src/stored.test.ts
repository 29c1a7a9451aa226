import { describe, expect, test } from 'vitest'
import * as ce from './index.ts'
import type { CloudEvent, EventData } from './index.ts'

const text =
  '{"specversion":"1.0","id":"a","source":"/s","type":"t","time":null,"constructor":true,"n":7,"data":{"id":1}}'
const event: CloudEvent = { specversion: '1.0', id: 'a', source: '/s', type: 't', extensions: {} }

describe('stored text', () => {
  test('takes new attributes in front of its closing brace and leaves the input alone', () => {
    const input = Buffer.from(text)
    const result = ce.withAttributes(input, { millracebus: 'b"', count: -1, flag: false })

    expect(result.toString()).toBe(`${text.slice(0, -1)},"millracebus":"b\\"","count":-1,"flag":false}`)
    result.fill(0)
    expect(input.toString()).toBe(text)
  })

  test('takes attributes that were encoded once for many events', () => {
    const encoded = ce.encodeAttributes({ a: 'x' })

    expect(ce.withAttributes(Buffer.from(text), encoded)).toEqual(
      ce.withAttributes(Buffer.from(text), { a: 'x' }),
    )
  })

  test('has attributes replaced in any place, null ones too, and members dropped', () => {
    const result = ce.replaceAttributes(
      Buffer.from(text),
      { specversion: '1.0', time: '2026-01-31T12:00:00Z', n: 8 },
      name => name === 'constructor',
    )

    expect(result.toString()).toBe(
      '{"id":"a","source":"/s","type":"t","data":{"id":1},"specversion":"1.0","time":"2026-01-31T12:00:00Z","n":8}',
    )
  })

  test('takes no attribute that would make the event invalid', () => {
    for (const name of ['data', 'data_base64', 'Upper', '', 'a"b']) {
      expect(() => ce.encodeAttributes({ [name]: 'x' })).toThrow(
        expect.objectContaining({ code: 'cloudevents.invalid-attribute-name' }),
      )
    }
    for (const value of [1.5, Number.NaN, 2 ** 31, -(2 ** 31) - 1]) {
      expect(() => ce.encodeAttributes({ a: value })).toThrow('is not a whole number of 32 bits')
    }
    expect(() => ce.encodeAttributes({ a: 'x\ny' })).toThrow('control character')
  })

  test('gives its attributes and the place of its data', () => {
    const range = ce.dataRange(Buffer.from(text))

    expect({ ...ce.readAttributes(Buffer.from(text)) }).toEqual({
      specversion: '1.0',
      id: 'a',
      source: '/s',
      type: 't',
      constructor: true,
      n: 7,
    })
    expect(text.slice(range?.start, range?.end)).toBe('{"id":1}')
    expect(ce.dataRange(Buffer.from('{"id":"data"}'))).toBeUndefined()
    expect(Object.hasOwn(ce.readAttributes(Buffer.from('{}')), 'constructor')).toBe(false)
  })

  test('is joined to a batch without being read', () => {
    expect(ce.joinBatch([]).toString()).toBe('[]')
    expect(ce.scanBatch(ce.joinBatch([Buffer.from(text), Buffer.from(text)]))).toHaveLength(2)
  })
})

function withData(data: EventData, datacontenttype: string): string {
  return ce.encodeStructured({ ...event, datacontenttype, data }).toString()
}

describe('encoding', () => {
  test('writes JSON data verbatim, text as a string, bytes as base64', () => {
    const json = { kind: 'json', bytes: Buffer.from('{ "n": 12345678901234567890 }') } as const
    expect(withData(json, 'application/json')).toContain('"data":{ "n": 12345678901234567890 }}')
    expect(withData({ kind: 'text', bytes: Buffer.from('a"b') }, 'text/plain')).toContain('"data":"a\\"b"}')
    expect(withData({ kind: 'binary', bytes: Buffer.from([1]) }, 'image/png')).toContain(
      '"data_base64":"AQ=="}',
    )
  })

  test('writes extension attributes of every type', () => {
    const extensions = { text: 'é', whole: -5, yes: true, bytes: Uint8Array.from([255]) }

    expect(JSON.parse(ce.encodeStructured({ ...event, extensions }).toString())).toMatchObject({
      text: 'é',
      whole: -5,
      yes: true,
      bytes: '/w==',
    })
    expect(ce.encodeBinary({ ...event, extensions }).headers).toMatchObject({
      'ce-text': '%C3%A9',
      'ce-whole': '-5',
      'ce-yes': 'true',
      'ce-bytes': '/w==',
    })
  })

  test.each<[Partial<CloudEvent>, string]>([
    [{ id: '' }, 'cloudevents.invalid-attribute'],
    [{ time: 'now' }, 'cloudevents.invalid-attribute'],
    [{ extensions: { Bad: 1 } }, 'cloudevents.invalid-attribute-name'],
    [{ extensions: { data: 1 } }, 'cloudevents.invalid-attribute-name'],
    [{ extensions: { data_base64: 'AA==' } }, 'cloudevents.invalid-attribute-name'],
    [{ extensions: { id: 'other' } }, 'cloudevents.duplicate-attribute'],
    [{ extensions: { x: Number.NaN } }, 'cloudevents.invalid-attribute'],
    [{ extensions: { x: 1.5 } }, 'cloudevents.invalid-attribute'],
    [{ data: { kind: 'json', bytes: Buffer.from('{') } }, 'cloudevents.invalid-data'],
    [{ data: { kind: 'json', bytes: Buffer.from('1,"id":"b"') } }, 'cloudevents.invalid-data'],
    [{ data: { kind: 'json', bytes: Buffer.from('1,"x":"b"') } }, 'cloudevents.invalid-data'],
    [{ data: { kind: 'json', bytes: Buffer.alloc(0) } }, 'cloudevents.invalid-data'],
    [{ data: { kind: 'text', bytes: Buffer.from('a') } }, 'cloudevents.invalid-data'],
    [
      { datacontenttype: 'a/b', data: { kind: 'text', bytes: Buffer.from([255]) } },
      'cloudevents.invalid-data',
    ],
    [
      { datacontenttype: 'a/b', data: { kind: 'json', bytes: Buffer.from('"a"') } },
      'cloudevents.invalid-data',
    ],
    [{ data: { kind: 'binary', bytes: Buffer.alloc(262_145) } }, 'cloudevents.event-too-large'],
  ])('refuses %o in both modes', (changes, code) => {
    const wrong = { ...event, ...changes }
    const modes = [
      () => ce.encodeStructured(wrong),
      () => ce.encodeBinary(wrong),
      () => ce.encodeBatch([wrong]),
    ]

    for (const encode of modes) expect(encode).toThrow(expect.objectContaining({ code }))
  })
})
