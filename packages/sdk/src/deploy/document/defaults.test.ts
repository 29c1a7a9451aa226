import { expect, test } from 'vitest'
import type { Schema } from '../../index.ts'
import { withoutDefaults } from './defaults.ts'

const schema: Schema = {
  type: 'object',
  properties: {
    text: { default: '' },
    list: { default: [] },
    way: {
      anyOf: [
        { type: 'object', required: ['kind'], properties: { kind: { enum: ['a'] }, n: { default: 1 } } },
        { type: 'object', required: ['kind'], properties: { kind: { const: 'b' }, n: { default: 2 } } },
      ],
    },
    items: { type: 'array', items: { type: 'object', properties: { on: { default: true } } } },
  },
}

test.each([
  ['what has its default', { text: '', list: [] }, {}],
  ['not what has another value', { text: 'x', list: [1] }, { text: 'x', list: [1] }],
  ['not what the schema does not know', { other: '' }, { other: '' }],
  ['by the form that fits', { way: { kind: 'b', n: 2 } }, { way: { kind: 'b' } }],
  ['not by a form that does not', { way: { kind: 'b', n: 1 } }, { way: { kind: 'b', n: 1 } }],
  ['inside of lists', { items: [{ on: true }, { on: false }] }, { items: [{}, { on: false }] }],
])('leaves out %s', (_name, value, expected) => {
  expect(withoutDefaults(value, schema)).toEqual(expected)
})
