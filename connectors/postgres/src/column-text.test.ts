import type { RowValue } from '@millrace/spi'
import { expect, test } from 'vitest'
import { columnText } from './column-text.ts'

const plain = { name: 'c', castType: 'text', isJson: false, isArray: false }
const json = { ...plain, castType: 'jsonb', isJson: true }
const array = { ...plain, castType: 'text[]', isArray: true }
const value = (kind: NonNullable<RowValue>['kind'], text: string): RowValue => ({ kind, text })

test.each([
  ['a null', null, plain, null],
  ['a text', value('string', 'a"b'), plain, 'a"b'],
  ['an object in a text column', value('json', '{"a":1}'), plain, '{"a":1}'],
  ['a text in a JSON column', value('string', 'a"b'), json, String.raw`"a\"b"`],
  ['a parameter in a JSON column', value('text', '{"a":1}'), json, '{"a":1}'],
  ['a number in a JSON column', value('number', '12345678901234567890'), json, '12345678901234567890'],
  [
    'a list',
    value('json', String.raw`["a,b","c\"\\",null,"NULL","",true]`),
    array,
    String.raw`{"a,b","c\"\\",NULL,"NULL","","true"}`,
  ],
  [
    'a list of lists',
    value('json', '[[1,12345678901234567890],[1.50,2]]'),
    array,
    '{{"1","12345678901234567890"},{"1.50","2"}}',
  ],
  ['an empty list', value('json', '[]'), array, '{}'],
  ['an array as PostgreSQL writes it', value('string', '{1,2}'), array, '{1,2}'],
])('%s', (_what, given, column, expected) => {
  expect(columnText(given, column)).toBe(expected)
})

test('a list of objects does not fit an array, and the refusal shows none of it', () => {
  const given = value('json', '[{"hush":1}]')
  expect(() => columnText(given, array)).toThrow('the value of column c is an array of objects')
  expect(() => columnText(given, array)).not.toThrow('hush')
})
