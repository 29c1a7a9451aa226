import { describe, expect, test } from 'vitest'
import type { TransformSpec } from '../../resources/index.ts'
import { compilePath, compileTransform, transformResultBytesMax } from './index.ts'

const eventText =
  '{"id":"e1","source":"shop","type":"order:paid","subject":"o/1","data":{"name":"Ann","state":"paid","n":3,' +
  '"tags":["a","b"],"addr":{ "city" : "HZ" , "zip": [1, 2.0 ] },"nil":null,"big":12345678901234567890,"one":1.0,' +
  '"quote":"say \\"hi\\"\\n","html":"<a href=\\"x\\">Tom & \'Jerry\'</a>","trap":"${secret}$${x}","yes":true,"empty":"",' +
  '"embedded":"{\\"k\\":[1]}","unicode":"\\u00e9\\ud83d\\ude00"}}'
const event = new TextEncoder().encode(eventText)

function run(spec: TransformSpec, text: Uint8Array = event): string | undefined {
  const result = compileTransform(spec).apply(text)
  return result === undefined ? undefined : new TextDecoder().decode(result.bytes)
}

function template(value: Record<string, string>, text: string): string | undefined {
  return run({ form: 'TEMPLATE', value, template: text })
}

describe('ORIGINAL', () => {
  test('is the stored event, byte for byte, without a copy', () => {
    const result = compileTransform({ form: 'ORIGINAL' }).apply(event)
    expect(result?.bytes).toBe(event)
    expect(result?.contentType).toBe('application/cloudevents+json; charset=utf-8')
  })
})

describe('CONSTANT', () => {
  test('is the text as it was written; variables mean nothing in it', () => {
    expect(run({ form: 'CONSTANT', value: 'hi ${x} $${y}' })).toBe('hi ${x} $${y}')
    expect(run({ form: 'CONSTANT', value: '' })).toBe('')
  })
})

describe('JSONPATH', () => {
  test.each([
    ['$.data.name', 'Ann'],
    ['$.data.tags', '["a","b"]'],
    ['$.data.tags[0]', 'a'],
    ['$.data.tags[-1]', 'b'],
    ['$.data.addr', '{"city":"HZ","zip":[1,2.0]}'],
    ['$.data.n', '3'],
    ['$.data.big', '12345678901234567890'],
    ['$.data.one', '1.0'],
    ['$.data.yes', 'true'],
    ['$.data.nil', 'null'],
    ['$.data.empty', ''],
    ['$.data.quote', 'say "hi"\n'],
    ['$.data.unicode', 'é😀'],
    ["$['data']['name']", 'Ann'],
    ['$', eventText.replace('{ "city" : "HZ" , "zip": [1, 2.0 ] }', '{"city":"HZ","zip":[1,2.0]}')],
  ])('%s is %s', (value, expected) => {
    expect(run({ form: 'JSONPATH', value })).toBe(expected)
  })

  test.each([
    '$.data.zz',
    '$.data.tags[2]',
    '$.data.tags[-3]',
    '$.data.name.x',
    '$.data.addr[0]',
    '$.data.tags.0',
  ])('%s is not there, so the parameter is not set', value => {
    expect(run({ form: 'JSONPATH', value })).toBeUndefined()
  })

  test('of members with the same name reads the last, as JSON.parse does', () => {
    const twins = new TextEncoder().encode('{"a":{"b":1},"\\u0061":{"c":2}}')
    expect(run({ form: 'JSONPATH', value: '$.a.c' }, twins)).toBe('2')
    expect(run({ form: 'JSONPATH', value: '$.a.b' }, twins)).toBeUndefined()
  })

  test('a path that may address more than one value is refused with the place and the reason', () => {
    expect(() => compileTransform({ form: 'JSONPATH', value: '$.data[*].id' })).toThrow(
      expect.objectContaining({
        code: 'transform.invalid',
        message:
          'The transform cannot be compiled: value at character 7: `*` may address more than one value.',
        details: { path: 'value', reason: '`*` may address more than one value', offset: 7 },
      }),
    )
  })
})

describe('TEMPLATE', () => {
  test.each([
    [{ u: '$.data.name', s: '$.data.state' }, '${u} is ${s}', 'Ann is paid'],
    [
      { u: '$.data.name', n: '$.data.n', a: '$.data.addr' },
      '{"user":"${u}","count":${n},"addr":${a}}',
      '{"user":"Ann","count":3,"addr":{"city":"HZ","zip":[1,2.0]}}',
    ],
    [{ k: 'fixed text', v: '$.data.nil' }, '${k}/${v}', 'fixed text/null'],
    [{ v: '$.data.zz' }, '[${v}]', '[]'],
    [{ v: '$.data.big' }, '${v}', '12345678901234567890'],
    [{ all: '$.data.tags[*]' }, '${all}', '$.data.tags[*]'],
    [{ price: '$5', addr: '$.data.addr.city' }, '${addr}: ${price}', 'HZ: $5'],
    [{ price: '$5' }, '${price}', '$5'],
    [{ v: '$.data.name' }, '', ''],
    [{ v: '$.data.name' }, 'no variables', 'no variables'],
    [{ v: '$.data.name' }, '${v}${v}', 'AnnAnn'],
    [{ 'detail-type': '$.type' }, '${detail-type}', 'order:paid'],
    [{ __proto__x: '$.type', toString: 'own' }, '${__proto__x} ${toString}', 'order:paid own'],
  ])('%j in %s', (value, text, expected) => {
    expect(template(value, text)).toBe(expected)
  })

  test('quoting is the job of the author: a value is not escaped by itself', () => {
    expect(template({ q: '$.data.quote' }, '"${q}"')).toBe('"say "hi"\n"')
  })

  test('jsonEscape makes a value safe inside a JSON string', () => {
    const text = template(
      { q: '$.data.quote', a: '$.data.addr' },
      '{"q":"${jsonEscape(q)}","a":"${jsonEscape(a)}"}',
    )
    expect(JSON.parse(text ?? '')).toEqual({ q: 'say "hi"\n', a: '{"city":"HZ","zip":[1,2.0]}' })
  })

  test('htmlEscape makes a value safe inside HTML', () => {
    expect(template({ h: '$.data.html' }, '<p>${htmlEscape(h)}</p>')).toBe(
      '<p>&lt;a href=&quot;x&quot;&gt;Tom &amp; &#39;Jerry&#39;&lt;/a&gt;</p>',
    )
  })

  test('helpers work on constants and stay empty for missing values', () => {
    expect(template({ c: 'a<b', m: '$.zz' }, '${htmlEscape(c)}[${jsonEscape(m)}]')).toBe('a&lt;b[]')
  })

  test.each([
    ['${unknown}', '${unknown}'],
    ['${ v }', '${ v }'],
    ['${jsonEscape(unknown)}', '${jsonEscape(unknown)}'],
    ['${upper(v)}', '${upper(v)}'],
    ['${}', '${}'],
    ['${v', '${v'],
    ['$v {v}', '$v {v}'],
    ['$', '$'],
    ['${nested ${v}}', '${nested ${v}}'],
  ])('%s, which is no variable, is left as it was written', (text, expected) => {
    expect(template({ v: '$.data.name' }, text)).toBe(expected)
  })

  test.each([
    ['$${v}', '${v}'],
    ['$$${v}', '$${v}'],
    ['${v}$${v}${v}', 'Ann${v}Ann'],
    ['$${v', '${v'],
    ['$${a${v}}', '${aAnn}'],
    ['5$ ${v}', '5$ Ann'],
  ])('%s: a dollar before `${` takes its meaning away', (text, expected) => {
    expect(template({ v: '$.data.name' }, text)).toBe(expected)
  })

  test.each([
    ['${m:-nobody}', 'nobody'],
    ['${v:-nobody}', 'Ann'],
    ['${unknown:-nobody}', 'nobody'],
    ['${nil:-x}', 'null'],
    ['${empty:-x}', ''],
    ['${m:-}', ''],
    ['${m:-a:-b}', 'a:-b'],
    ['${jsonEscape(m):-"raw"}', '"raw"'],
    ['${m:-${v}}', '${v}'],
  ])('%s: the default is for values that are not there', (text, expected) => {
    const value = { v: '$.data.name', m: '$.data.zz', nil: '$.data.nil', empty: '$.data.empty' }
    expect(template(value, text)).toBe(expected)
  })

  test('a `${…}` that comes with an event or a constant stays what it is', () => {
    expect(template({ t: '$.data.trap', secret: 'leaked', c: '${t}' }, '${t}|${c}')).toBe(
      '${secret}$${x}|${t}',
    )
  })

  test.each([
    [{}, 'value', 'at least one variable'],
    [{ a: { b: '$.x' } }, 'value.a', 'flat'],
    [{ a: ['$.x'] }, 'value.a', 'flat'],
    [['$.x'], 'value', 'a map'],
    [null, 'value', 'a map'],
  ])('the variables %j are refused', (value, path, reason) => {
    // The type forbids it; what arrives through a compatible protocol may still have it.
    const spec: TransformSpec = JSON.parse(JSON.stringify({ form: 'TEMPLATE', value, template: '' }))
    expect(() => compileTransform(spec)).toThrow(
      expect.objectContaining({
        code: 'transform.invalid',
        details: { path, reason: expect.stringContaining(reason) },
      }),
    )
  })

  test('a result above the limit is refused instead of built without bound', () => {
    const large = new TextEncoder().encode(JSON.stringify({ data: 'x'.repeat(200_000) }))
    const compiled = compileTransform({
      form: 'TEMPLATE',
      value: { d: '$.data' },
      template: '${d}'.repeat(30),
    })
    expect(() => compiled.apply(large)).toThrow(
      expect.objectContaining({
        code: 'transform.result-too-large',
        details: { limit: transformResultBytesMax, seen: 6_000_000 },
      }),
    )
  })
})

describe('the limit of 10,240 characters', () => {
  test.each([
    ['value', { form: 'CONSTANT', value: 'x'.repeat(10_241) }],
    ['value', { form: 'JSONPATH', value: `$.${'x'.repeat(10_239)}` }],
    ['value', { form: 'TEMPLATE', value: { a: 'x'.repeat(10_233) }, template: '' }],
    ['template', { form: 'TEMPLATE', value: { a: 'x' }, template: 'x'.repeat(10_241) }],
  ] satisfies [string, TransformSpec][])('refuses a longer %s', (path, spec) => {
    expect(() => compileTransform(spec)).toThrow(
      expect.objectContaining({
        details: { path, reason: 'at most 10240 characters are allowed, and this has 10241' },
      }),
    )
  })

  test('counts characters, not the two halves of one', () => {
    expect(run({ form: 'CONSTANT', value: '😀'.repeat(10_240) })).toHaveLength(20_480)
  })
})

describe('the content type', () => {
  const json = 'application/json'
  const plain = 'text/plain; charset=utf-8'
  test.each([
    [{ form: 'JSONPATH', value: '$.data.addr' }, json],
    [{ form: 'JSONPATH', value: '$.data.tags' }, json],
    [{ form: 'JSONPATH', value: '$.data.name' }, plain],
    [{ form: 'JSONPATH', value: '$.data.n' }, plain],
    [{ form: 'JSONPATH', value: '$.data.embedded' }, json],
    [{ form: 'CONSTANT', value: '{"a":1}' }, json],
    [{ form: 'CONSTANT', value: '{a}' }, plain],
    [{ form: 'TEMPLATE', value: { n: '$.data.n' }, template: ' {"n":${n}}' }, json],
    [{ form: 'TEMPLATE', value: { q: '$.data.quote' }, template: '{"q":"${q}"}' }, plain],
    [{ form: 'TEMPLATE', value: { n: '$.data.n' }, template: '${n}' }, plain],
  ] satisfies [TransformSpec, string][])('%j is %s', (spec, expected) => {
    expect(compileTransform(spec).apply(event)?.contentType).toBe(expected)
  })
})

describe('compilePath', () => {
  test('reads keys as text and knows what is not there', () => {
    expect(compilePath('$.data.big').readText(event)).toBe('12345678901234567890')
    expect(compilePath('$.data.zz').readText(event)).toBeUndefined()
  })

  test('names the place that its caller gave it when it refuses', () => {
    expect(() => compilePath('data.x', 'targets.0.orderBy')).toThrow(/targets\.0\.orderBy at character 0/)
  })

  test('a text that is no JSON is a bug and throws instead of running on', () => {
    for (const broken of ['{"a":[', '{"a"', '{"a":"x', '{a:1}', '[1,', '{"b":{"c":[}']) {
      const bytes = new TextEncoder().encode(broken)
      for (const path of ['$.a.b', '$[5]', '$[-1]']) {
        expect(() => {
          compilePath(path).read(bytes)
          throw new Error('assertion failed: it ended')
        }).toThrow(/assertion failed/)
      }
    }
  })
})
