import { type EventText, scanStructured } from '@millrace/cloudevents'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { busAttribute, namedBus, slowlyNamed } from './bus-name.ts'
import { Stamper } from './stamp.ts'

const names = [
  'subject',
  'time',
  'dataschema',
  'traceparent',
  'aliyunaccountid',
  'aliyunpublishtime',
  'aliyunregionid',
  'aliyuneventid',
  'millraceposition',
  'partitionkey',
]
const values: Readonly<Record<string, unknown>> = {
  time: '2026-01-01T00:00:00Z',
  dataschema: 'urn:a',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
}

/** Events with any of the attributes that stamping must look at, some of them null, and data that looks like one. */
const texts = fc
  .record({
    given: fc.subarray(names),
    nulls: fc.subarray(names, { maxLength: 1 }),
    data: fc.constantFrom<object>(
      { data: { [busAttribute]: 'other', aliyunaccountid: '9' } },
      { data: '"aliyunaccountid":"9"' },
      { data_base64: 'aGVsbG8=' },
    ),
    isDataFirst: fc.boolean(),
    word: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).filter(word => !/\p{C}/u.test(word)),
  })
  .map(({ given, nulls, data, isDataFirst, word }) => {
    const fixed = { specversion: '1.0', id: word, source: '/s', type: 't', [busAttribute]: 'orders' }
    const further = Object.fromEntries(given.map(name => [name, values[name] ?? word]))
    const absent = Object.fromEntries(nulls.map(name => [name, null]))
    const attributes = { ...fixed, ...further, ...absent }
    return JSON.stringify(isDataFirst ? { ...data, ...attributes } : { ...attributes, ...data })
  })

test('an event that is stamped without being read again is the one that is stamped member by member', () => {
  const stamper = new Stamper({
    bus: 'orders',
    account: '1000000000000001',
    region: 'örtlich',
    publishedAtMs: 1_800_000_000_000,
    peer: '::1',
  })
  let fast = 0
  fc.assert(
    fc.property(texts, fc.boolean(), (text, isTraced) => {
      const event = scanStructured(text, { watchPrefix: 'millrace' })
      const named = namedBus(event)
      expect(named).toEqual(slowlyNamed(event))
      const traceparent = isTraced ? '00-11111111111111111111111111111111-2222222222222222-01' : undefined

      const stamped = stamper.stamp(event, named, traceparent)
      const slowly = stamper.stampSlowly(event, traceparent)

      expect(membersOf(stamped)).toEqual(membersOf(slowly))
      expect(known(stamped)).toEqual(known(slowly))
      // What is claimed of the text without reading it is what reading it finds.
      expect(known(stamped)).toEqual(known(scanStructured(stamped.bytes, { watchPrefix: 'millrace' })))
      if (stamped.constructor !== slowly.constructor) fast++
    }),
  )
  expect(fast).toBeGreaterThan(0)
})

test.each([
  ['in data alone', '"data":{"aliyuneventbusname":"orders"}', ''],
  ['as the text of another attribute', '"subject":"{\\"aliyuneventbusname\\":\\"orders\\"","data":1', ''],
  ['as the whole of another attribute', '"subject":"aliyuneventbusname","data":1', ''],
  ['in data and as an attribute', '"data":{"aliyuneventbusname":"a"},"aliyuneventbusname":"b"', 'b'],
  ['with space around it', '"data":1, "aliyuneventbusname" : "b"', 'b'],
  ['with an escaped name', '"data":1,"aliyuneventbusnam\\u0065":"b"', 'b'],
  ['with an escaped value', '"aliyuneventbusname":"\\u0062","data":1', 'b'],
  ['with letters beyond ASCII', '"aliyuneventbusname":"bü","data":1', 'bü'],
  ['as a number', '"aliyuneventbusname":5,"data":1', ''],
])('the bus that an event names %s', (_where, members, name) => {
  const event = scanStructured(`{"specversion":"1.0","id":"1","source":"/s","type":"t",${members}}`)
  expect(namedBus(event)).toEqual({ ...slowlyNamed(event), name })
})

function membersOf({ bytes }: EventText): unknown {
  return JSON.parse(Buffer.from(bytes).toString())
}

function known(event: EventText): object {
  const { id, source, type, subject, time, datacontenttype, dataschema, traceparent } = event
  const { isBase64, extensionCount, appendable, data, bytes } = event
  const dataText = data && Buffer.from(bytes).toString('utf8', data.start, data.end)
  const attributes = { id, source, type, subject, time, datacontenttype, dataschema, traceparent }
  return { ...attributes, isBase64, extensionCount, appendable, dataText }
}
