import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileTransform } from './index.ts'
import { referenceRead, referenceTemplate } from './reference.ts'

const names = ['a', 'b', 'data', 'x-y']

test('a template equals replacing one variable after the other, where values hold no variables', () => {
  const value = fc.oneof(
    fc.string({ unit: 'grapheme' }).filter(text => !text.includes('$')),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(fc.integer(), { maxLength: 3 }),
  )
  const piece = fc.oneof(
    fc.constantFrom(...names.map(name => `\${${name}}`), '{', '}', '"', '\n', ':-', '${other}'),
    fc.string({ unit: 'grapheme' }).filter(text => !text.includes('$')),
  )
  fc.assert(
    fc.property(
      fc.record({ a: value, b: value, data: value, 'x-y': value }, { requiredKeys: [] }),
      fc.array(piece).map(pieces => pieces.join('')),
      (event, template) => {
        const text = JSON.stringify(event)
        const values = new Map(names.map(name => [name, referenceRead(text, [name]) ?? '']))
        const spec = { a: '$.a', b: '$.b', data: '$.data', 'x-y': '$.x-y' }
        const result = compileTransform({ form: 'TEMPLATE', value: spec, template }).apply(
          new TextEncoder().encode(text),
        )
        expect(new TextDecoder('utf-8', { ignoreBOM: true }).decode(result?.bytes)).toBe(
          referenceTemplate(template, values),
        )
      },
    ),
    { numRuns: 2_000 },
  )
})
