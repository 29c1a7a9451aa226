import { describe, expect, test } from 'vitest'
import { CloudEventError, errorCatalogue, scanBatch, scanStructured } from './index.ts'
import type { EventOptions } from './index.ts'

const required = { specversion: '1.0', id: 'a1', source: '/orders', type: 'order.placed' }

/** The text of a valid event with members changed; `undefined` removes one. */
function text(changes: Record<string, unknown> = {}): string {
  return JSON.stringify({ ...required, ...changes })
}

function refusal(read: () => unknown): CloudEventError {
  try {
    read()
  } catch (error) {
    if (error instanceof CloudEventError) return error
    throw error
  }
  throw new Error('Nothing was refused.')
}

function refusalOf(input: string | Uint8Array, options?: EventOptions): CloudEventError {
  return refusal(() => scanStructured(input, options))
}

describe('scanStructured', () => {
  test('reads what an engine needs without touching the data', () => {
    const input = Buffer.from(
      text({
        subject: 's',
        time: '2026-01-31T12:00:00.123456789+08:00',
        traceparent: '00-x',
        n: 1,
        data: { a: 1 },
      }),
    )
    const event = scanStructured(input)

    expect(event).toMatchObject({
      id: 'a1',
      source: '/orders',
      type: 'order.placed',
      subject: 's',
      traceparent: '00-x',
    })
    expect(event.time).toBe('2026-01-31T12:00:00.123456789+08:00')
    expect(event.extensionCount).toBe(2)
    expect(Buffer.from(event.bytes).toString().slice(event.data?.start, event.data?.end)).toBe('{"a":1}')
  })

  test('returns a view of the input, without the white space around the event', () => {
    const input = Buffer.from(`  ${text()}\n`)
    const event = scanStructured(input)

    expect(event.bytes.buffer).toBe(input.buffer)
    expect(Buffer.from(event.bytes).toString()).toBe(text())
  })

  test('keeps numbers beyond 2^53 and everything else of the data byte for byte', () => {
    const data = '{ "n" : 12345678901234567890.10e+2, "a":1, "a":2 }'
    const event = scanStructured(text().replace(/}$/, `,"data": ${data} }`))

    expect(Buffer.from(event.bytes).toString().slice(event.data?.start, event.data?.end)).toBe(data)
  })

  test('takes an attribute with null as absent, and says that it cannot be appended', () => {
    const event = scanStructured(text({ time: null, subject: null, nothing: null }))

    expect(event).toMatchObject({ time: undefined, subject: undefined, extensionCount: 0, appendable: false })
    expect(scanStructured(text()).appendable).toBe(true)
  })

  test('notes names with the watched prefix', () => {
    const options = { watchPrefix: 'millrace' }

    expect(scanStructured(text({ millracebus: 'x' }), options).appendable).toBe(false)
    expect(scanStructured(text({ mill: 'x' }), options).appendable).toBe(true)
  })

  test('writes a name plainly that was written with escapes', () => {
    const event = scanStructured(
      '{"specversion":"1.0","\\u0069d":"a1","sourc\\u0065":"/s","type":"t","e\\u0078t":"v"}',
    )

    expect(Buffer.from(event.bytes).toString()).toBe(
      '{"specversion":"1.0","id":"a1","source":"/s","type":"t","ext":"v"}',
    )
    expect(refusalOf('{"id":"a","\\u0069d":"b"}').code).toBe('cloudevents.duplicate-attribute')
  })

  test('takes JSON null as data', () => {
    expect(scanStructured(text({ data: null })).data).toBeDefined()
    expect(scanStructured(text({ data_base64: null })).data).toBeUndefined()
  })

  test.each([
    ['', 'cloudevents.invalid-json', undefined],
    ['{', 'cloudevents.invalid-json', undefined],
    [`${text()}x`, 'cloudevents.invalid-json', undefined],
    ['{"id":"a",}', 'cloudevents.invalid-json', undefined],
    ['{"id" "a"}', 'cloudevents.invalid-json', undefined],
    ['{"data":[1,2}', 'cloudevents.invalid-json', undefined],
    ['{"data":"\n"}', 'cloudevents.invalid-json', undefined],
    ['\ufeff{}', 'cloudevents.invalid-json', undefined],
    ['[]', 'cloudevents.not-an-object', undefined],
    ['"text"', 'cloudevents.not-an-object', undefined],
    ['{}', 'cloudevents.missing-attribute', 'id'],
    [text({ source: undefined }), 'cloudevents.missing-attribute', 'source'],
    [text({ type: null }), 'cloudevents.missing-attribute', 'type'],
    [text({ specversion: undefined }), 'cloudevents.missing-attribute', 'specversion'],
    [text({ specversion: '0.3' }), 'cloudevents.unsupported-specversion', 'specversion'],
    [text({ specversion: 1 }), 'cloudevents.wrong-type', 'specversion'],
    [text({ id: '' }), 'cloudevents.invalid-attribute', 'id'],
    [text({ id: 'a\nb' }), 'cloudevents.invalid-attribute', 'id'],
    [text({ id: 7 }), 'cloudevents.wrong-type', 'id'],
    [text({ source: 'a b' }), 'cloudevents.invalid-attribute', 'source'],
    [text({ type: '' }), 'cloudevents.invalid-attribute', 'type'],
    [text({ subject: '' }), 'cloudevents.invalid-attribute', 'subject'],
    [text({ time: 'yesterday' }), 'cloudevents.invalid-attribute', 'time'],
    [text({ datacontenttype: 'json' }), 'cloudevents.invalid-attribute', 'datacontenttype'],
    [text({ dataschema: 'relative' }), 'cloudevents.invalid-attribute', 'dataschema'],
    [text({ ext: 1.5 }), 'cloudevents.invalid-attribute', 'ext'],
    [text({ ext: 2 ** 31 }), 'cloudevents.invalid-attribute', 'ext'],
    [text({ ext: {} }), 'cloudevents.wrong-type', 'ext'],
    [text({ ext: [] }), 'cloudevents.wrong-type', 'ext'],
    [text({ comExample: 'x' }), 'cloudevents.invalid-attribute-name', 'comExample'],
    [text({ com_example: 'x' }), 'cloudevents.invalid-attribute-name', 'com_example'],
    [text({ '': 'x' }), 'cloudevents.invalid-attribute-name', ''],
    ['{"id":"a","id":"b"}', 'cloudevents.duplicate-attribute', 'id'],
    ['{"id":null,"id":"b"}', 'cloudevents.duplicate-attribute', 'id'],
    ['{"ext":"a","ext":"b"}', 'cloudevents.duplicate-attribute', 'ext'],
    ['{"traceparent":"a","traceparent":"b"}', 'cloudevents.duplicate-attribute', 'traceparent'],
    ['{"data":1,"data":1}', 'cloudevents.duplicate-attribute', 'data'],
    [text({ data: 1, data_base64: 'AA==' }), 'cloudevents.data-twice', 'data_base64'],
    [text({ data_base64: 'AA' }), 'cloudevents.invalid-data', 'data_base64'],
    [text({ data_base64: 5 }), 'cloudevents.wrong-type', 'data_base64'],
  ])('refuses %s with %s', (input, code, attribute) => {
    expect(refusalOf(input)).toMatchObject({ code, attribute })
  })

  test('refuses bytes that are not UTF-8, and strings that no UTF-8 can hold', () => {
    const bytes = Buffer.from(text({ id: 'é' }), 'latin1')

    expect(refusalOf(bytes).code).toBe('cloudevents.invalid-utf8')
    expect(refusalOf(text().replace('a1', '\ud800')).code).toBe('cloudevents.invalid-utf8')
  })

  test('says where the text stops being JSON', () => {
    expect(refusalOf('{"id":tru}')).toMatchObject({ offset: 6 })
    expect(refusalOf('{"id":"a"').message).toContain('at byte 9, but the text ends there')
  })

  test.each<[EventOptions, string, string, number, number, string | undefined]>([
    [{ idLengthMax: 3 }, text({ id: 'abcd' }), 'cloudevents.attribute-too-long', 3, 4, 'id'],
    [{ idLengthMax: 3 }, text({ id: 'éé' }), 'cloudevents.attribute-too-long', 3, 4, 'id'],
    [{ sourceLengthMax: 3 }, text({ source: '/abc' }), 'cloudevents.attribute-too-long', 3, 4, 'source'],
    [{ typeLengthMax: 3 }, text({ type: 'abcd' }), 'cloudevents.attribute-too-long', 3, 4, 'type'],
    [{ subjectLengthMax: 3 }, text({ subject: 'abcd' }), 'cloudevents.attribute-too-long', 3, 4, 'subject'],
    [{ attributeLengthMax: 3 }, text({ ext: 'abcd' }), 'cloudevents.attribute-too-long', 3, 4, 'ext'],
    [{ nameLengthMax: 3 }, text({ exte: 'a' }), 'cloudevents.attribute-too-long', 3, 4, 'exte'],
    [{ extensionsMax: 1 }, text({ a: 1, b: 2 }), 'cloudevents.too-many-attributes', 1, 2, undefined],
    [{ depthMax: 1 }, text({ data: [[1]] }), 'cloudevents.too-deep', 1, 2, undefined],
    [
      { eventBytesMax: 60 },
      text({ ext: '' }),
      'cloudevents.event-too-large',
      60,
      text({ ext: '' }).length,
      undefined,
    ],
  ])('names the limit and what was seen for %o', (options, input, code, limit, seen, attribute) => {
    const error = refusalOf(input, options)

    expect(error).toMatchObject({ code, limit, seen, attribute })
    expect(error.message).toContain(String(limit))
    expect(error.message).toContain(String(seen))
  })

  test('accepts what is exactly at the limit, and counts escapes as what they stand for', () => {
    const size = text({ a: 1 }).length
    const options = { eventBytesMax: size, extensionsMax: 1, idLengthMax: 2, depthMax: 2 }

    expect(scanStructured(text({ a: 1 }), options).bytes).toHaveLength(size)
    expect(scanStructured(text().replace('a1', '\\u00e9'), { idLengthMax: 2 }).id).toBe('é')
    expect(scanStructured(text({ data: [[]] }), { depthMax: 2 }).data).toBeDefined()
  })

  test('refuses nesting of a hundred thousand levels without exhausting the stack', () => {
    const deep = text({ data: 0 }).replace(/0}$/, `${'['.repeat(100_000)}${']'.repeat(100_000)}}`)

    expect(refusalOf(deep)).toMatchObject({ code: 'cloudevents.too-deep', limit: 128, seen: 100_000 })
  })

  test('stops at once where the nesting alone would fill the memory', () => {
    const deep = `[${'['.repeat(1_000_000)}`

    expect(refusal(() => scanBatch(deep))).toMatchObject({
      code: 'cloudevents.too-deep',
      limit: 131_072,
      seen: 131_073,
    })
  })

  test('counts extensions with null against their limit', () => {
    const flood = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`x${index}`, null]))

    expect(refusalOf(text(flood), { eventBytesMax: 1_000_000 })).toMatchObject({
      code: 'cloudevents.too-many-attributes',
      limit: 64,
    })
  })

  test('has a status and a description for every code, and no message that repeats a value', () => {
    const secret = 'hunter2 hunter2'

    for (const name of ['id', 'source', 'time', 'datacontenttype', 'dataschema', 'data_base64']) {
      const error = refusalOf(text({ [name]: `${secret}\n` }))
      expect(errorCatalogue[error.code].status).toBe(400)
      expect(error.message).not.toContain('hunter2')
    }
  })
})

describe('scanBatch', () => {
  test('has an outcome for each element, in order', () => {
    const outcomes = scanBatch(`[${text()} , 7,${text({ id: '' })},\n${text({ id: 'last' })}]`)

    expect(outcomes.map(outcome => (outcome instanceof CloudEventError ? outcome.code : outcome.id))).toEqual(
      ['a1', 'cloudevents.not-an-object', 'cloudevents.invalid-attribute', 'last'],
    )
  })

  test('takes an empty array as no events', () => {
    expect(scanBatch(' [ ] ')).toEqual([])
  })

  test.each([
    [`[${text()},]`, 'cloudevents.invalid-json'],
    [`[${text()}`, 'cloudevents.invalid-json'],
    [`[${text()}]]`, 'cloudevents.invalid-json'],
    [`[${text()} ${text()}]`, 'cloudevents.invalid-json'],
    [`[${text()},{"data":01}]`, 'cloudevents.invalid-json'],
    [text(), 'cloudevents.not-an-array'],
    ['3', 'cloudevents.not-an-array'],
    ['', 'cloudevents.invalid-json'],
  ])('refuses all of %s with %s', (input, code) => {
    expect(refusal(() => scanBatch(input)).code).toBe(code)
  })

  test('limits the number of events and the bytes of the whole', () => {
    const batch = `[${text()},${text()},${text()}]`

    expect(scanBatch(batch, { eventsMax: 3, batchBytesMax: batch.length })).toHaveLength(3)
    expect(refusal(() => scanBatch(batch, { eventsMax: 2 }))).toMatchObject({
      code: 'cloudevents.too-many-events',
      limit: 2,
    })
    expect(refusal(() => scanBatch(batch, { batchBytesMax: 100 }))).toMatchObject({
      code: 'cloudevents.batch-too-large',
      limit: 100,
      seen: batch.length,
    })
  })

  test('makes an oversized or too deep element an outcome of its own', () => {
    const outcomes = scanBatch(`[${text({ data: 'x'.repeat(200) })},${text({ data: [[[]]] })},${text()}]`, {
      eventBytesMax: 200,
      depthMax: 2,
    })

    expect(outcomes.map(outcome => (outcome instanceof CloudEventError ? outcome.code : 'accepted'))).toEqual(
      ['cloudevents.event-too-large', 'cloudevents.too-deep', 'accepted'],
    )
  })
})

test('a limit that is no whole number is a mistake of the caller', () => {
  expect(() => scanStructured(text(), { idLengthMax: -1 })).toThrow(RangeError)
  expect(() => scanStructured(text(), { depthMax: 1.5 })).toThrow('The limit depthMax must be a whole number')
})
