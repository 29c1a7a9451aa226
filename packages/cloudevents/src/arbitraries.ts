import fc from 'fast-check'
import type { CloudEvent, EventData } from './event.ts'

/*
 * Random events for the property tests of this package.
 */

const idText = fc.oneof(
  fc.uuid(),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter(isAllowed),
)
const sourceText = fc.constantFrom(
  '/orders',
  'urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66',
  'https://example.com/a?b=c#d',
  'acs.oss',
  '#x',
  '//host:80/path',
  'http://[2001:db8::1]:80/',
  'mailto:a@example.com',
  'a/b:c',
  '?q',
  'https://u:p@h/%C3%A9',
)
const timeText = fc.constantFrom(
  '2026-01-31T12:00:00Z',
  '1990-12-31T23:59:60Z',
  '2020-02-29T00:00:00.123456789+08:00',
  '1937-01-01t12:00:27.87z',
)
const contentType = fc.constantFrom(
  'application/json',
  'text/plain',
  'application/json; charset=utf-8',
  'image/png',
)
const extensionName = fc
  .stringMatching(/^[a-z0-9]{1,20}$/)
  .filter(name => !/^(?:id|source|specversion|type|datacontenttype|dataschema|subject|time|data)$/.test(name))
const extensionValue = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }).filter(isAllowed),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.boolean(),
)

/** The members of a valid event in random order, without data. */
const context = fc.record(
  {
    id: idText,
    source: sourceText,
    specversion: fc.constant('1.0' as const),
    type: idText,
    subject: idText,
    time: timeText,
    datacontenttype: contentType,
    dataschema: fc.constantFrom('https://example.com/schema', 'urn:x:y'),
  },
  { requiredKeys: ['id', 'source', 'specversion', 'type'] },
)

/** Extension attributes, `traceparent` among them more often than chance would have it. */
const extensions = fc.oneof(
  fc.dictionary(extensionName, extensionValue, { maxKeys: 6, noNullPrototype: true }),
  fc.record({ traceparent: fc.constant('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01') }),
)

/** JSON text as a careful or a careless producer writes it. */
const jsonText = fc.oneof(
  { weight: 4, arbitrary: fc.jsonValue().map(value => JSON.stringify(value)) },
  { weight: 2, arbitrary: fc.jsonValue().map(value => JSON.stringify(value, undefined, 2)) },
  fc.constantFrom(
    '12345678901234567890',
    '1e400',
    '-0.0E-1',
    '"\\ud800"',
    '"\\u00e9\\/"',
    '[ ]',
    '{ "a" : { } , "a":1}',
  ),
)

/** Any event as `encodeStructured` takes it. */
export const anyEvent: fc.Arbitrary<CloudEvent> = fc
  .record({
    context,
    extensions,
    data: fc.option(
      fc.oneof(
        jsonText.map((text): EventData => ({ kind: 'json', bytes: Buffer.from(text) })),
        fc
          .string({ unit: 'binary', maxLength: 40 })
          .filter(isWellFormed)
          .map((text): EventData => ({ kind: 'text', bytes: Buffer.from(text) })),
        fc
          .uint8Array({ maxLength: 40 })
          .map((bytes): EventData => ({ kind: 'binary', bytes: Buffer.from(bytes) })),
      ),
      { nil: undefined },
    ),
  })
  .map(parts => withFittingType({ ...parts.context, extensions: parts.extensions }, parts.data))

/** Each kind of data needs a content type under which it is read back as that kind. */
function withFittingType(event: CloudEvent, data: EventData | undefined): CloudEvent {
  if (data === undefined) return event
  if (data.kind === 'text') return { ...event, datacontenttype: 'text/plain', data }
  if (data.kind === 'binary') return { ...event, datacontenttype: 'image/png', data }
  return { ...event, datacontenttype: 'application/json', data }
}

/** The text of a valid event: members in any order, spaced in any way, names and values sometimes escaped. */
export const anyEventText: fc.Arbitrary<string> = fc
  .record({
    context,
    extensions,
    data: fc.option(
      fc.oneof(
        jsonText.map(text => `"data":${text}`),
        fc
          .uint8Array({ maxLength: 20 })
          .map(bytes => `"data_base64":"${Buffer.from(bytes).toString('base64')}"`),
        fc.constantFrom('"data_base64":null', '"data":null'),
      ),
    ),
    nulls: fc.subarray(['nothing', 'nix']),
    order: fc.array(fc.nat(), { maxLength: 12 }),
    space: fc.constantFrom('', '', ' ', '\n\t', '\r\n  '),
    escape: fc.constantFrom('none', 'none', 'values', 'names'),
  })
  .map(parts => {
    const attributes: [string, unknown][] = Object.entries({ ...parts.extensions, ...parts.context })
    for (const name of parts.nulls) if (!Object.hasOwn(parts.extensions, name)) attributes.push([name, null])
    const { space } = parts
    const members = attributes.map(([name, value]) => {
      const nameText = parts.escape === 'names' ? escapeFirst(name) : JSON.stringify(name)
      const valueText =
        parts.escape === 'values' && typeof value === 'string' && value !== ''
          ? escapeFirst(value)
          : JSON.stringify(value)
      return `${nameText}${space}:${space}${valueText}`
    })
    if (parts.data !== null) members.push(parts.data)
    for (const from of parts.order) members.push(...members.splice(from % members.length, 1))
    return `${space}{${space}${members.join(`${space},${space}`)}${space}}${space}`
  })

/** Names with JSON texts that are right, nearly right, or wrong for them. */
export const contextValue: fc.Arbitrary<readonly [string, string]> = fc.oneof(
  ...Object.entries({
    id: [
      '""',
      '"a"',
      '1',
      'null',
      '"\\u0000"',
      '"\\ud83d\\ude00"',
      '"\\ud83d"',
      '"\u0085"',
      '"\ufdd0"',
      '"\u{1fffe}"',
      '[]',
    ],
    source: [
      '""',
      '"a:b"',
      '"1:b"',
      '"a b"',
      '"%41"',
      '"%4"',
      '"é"',
      '"//[::1]:9/"',
      '"//[::1"',
      '"a#b#c"',
      '"http://a@b@c"',
    ],
    type: ['"x"', '""', 'true', '"\\n"', '"\x7f"'],
    specversion: ['"1.0"', '"1.\\u0030"', '"1.1"', '"0.3"', '1.0', 'null'],
    datacontenttype: [
      '"text/plain"',
      '"text"',
      '"a/b; c"',
      '"a/b;c=\\"d e\\""',
      '"a/b;"',
      '"a /b"',
      '""',
      '"\\u0061/b"',
    ],
    dataschema: [
      '"a:"',
      '"/relative"',
      '""',
      '"http://x/y?z#f"',
      '"http://[v1.x]/"',
      '"http://[1.2.3.4]/"',
      '"http://h:x/"',
    ],
    subject: ['""', '"s"', 'null', '{}', '"\\/"'],
    time: [
      '"2026-02-29T00:00:00Z"',
      '"2024-02-29T00:00:00Z"',
      '"2026-01-01 00:00:00Z"',
      '"2026-01-01T24:00:00Z"',
      '"2026-01-01T00:00:00"',
    ],
    time2: [
      '"2026-01-01T00:00:00.Z"',
      '"2026-01-01T00:00:00.1234567891Z"',
      '"2026-13-01T00:00:00Z"',
      '"2026-1-01T00:00:00Z"',
    ],
    time3: [
      '"2026-01-01T00:00:00+24:00"',
      '"2026-01-01T00:00:00-23:59"',
      '"2026-01-01T00:00:61Z"',
      '"\\u0032026-01-01T00:00:00Z"',
    ],
    data: ['null', '{"a":[1,2,{"b":null}]}', '01', '"\\x"', '[1,]', 'nul', '-', '1.', '1e', '"\t"', '"'],
    data_base64: [
      '"AA=="',
      '"AA="',
      '"A-_="',
      '""',
      'null',
      '5',
      '"AAAA\\/+=="',
      '"\\u0041A=="',
      '"AA==AA=="',
    ],
    traceparent: ['"00-x"', '1', 'null', 'true', '""'],
    ext: [
      '2147483647',
      '2147483648',
      '-2147483648',
      '-2147483649',
      '1.0',
      '1e3',
      '-0',
      '00',
      '{}',
      '[1]',
      'true',
      '""',
    ],
    Ext: ['1'],
    'ex-t': ['1'],
    '': ['1'],
    ['a'.repeat(64)]: ['1'],
    ['a'.repeat(65)]: ['1'],
  }).map(([name, values]) =>
    fc.constantFrom(...values).map(value => [name.replace(/^(time)\d$/, '$1'), value] as const),
  ),
)

/** Texts of events in which bytes were changed, removed, added or cut off. */
export const brokenText: fc.Arbitrary<Uint8Array> = fc
  .record({
    text: anyEventText,
    changes: fc.array(
      fc.record({
        at: fc.nat(),
        kind: fc.constantFrom('set', 'insert', 'remove', 'cut', 'repeat'),
        byte: fc.oneof(fc.constantFrom(...Buffer.from('{}[]",:\\ 0-9.eEtrufalsn\n\0')), fc.nat(255)),
      }),
      { maxLength: 3 },
    ),
  })
  .map(({ text, changes }) => {
    const bytes = [...Buffer.from(text)]
    for (const { at, kind, byte } of changes) {
      const index = bytes.length === 0 ? 0 : at % bytes.length
      if (kind === 'set') bytes[index] = byte
      else if (kind === 'insert') bytes.splice(index, 0, byte)
      else if (kind === 'remove') bytes.splice(index, 1)
      else if (kind === 'cut') bytes.length = index
      else bytes.splice(index, 0, ...bytes.slice(index, index + 12))
    }
    return Uint8Array.from(bytes)
  })

function escapeFirst(text: string): string {
  const code = text.charCodeAt(0).toString(16).padStart(4, '0')
  return `"\\u${code}${JSON.stringify(text.slice(1)).slice(1)}`
}

function isAllowed(text: string): boolean {
  return text.isWellFormed() && !/[\p{Cc}\p{Noncharacter_Code_Point}]/u.test(text)
}

function isWellFormed(text: string): boolean {
  return text.isWellFormed()
}
