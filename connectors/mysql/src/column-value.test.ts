import type { RowValue } from '@millrace/spi'
import { expect, test } from 'vitest'
import { columnText } from './column-value.ts'

test.each<[RowValue, string, string | null]>([
  [null, 'int', null],
  [{ kind: 'boolean', text: 'true' }, 'tinyint', '1'],
  [{ kind: 'boolean', text: 'false' }, 'bit', '0'],
  [{ kind: 'boolean', text: 'true' }, 'varchar', 'true'],
  [{ kind: 'number', text: '18446744073709551615' }, 'bigint', '18446744073709551615'],
  [{ kind: 'string', text: 'a"b' }, 'json', String.raw`"a\"b"`],
  [{ kind: 'text', text: '{"a":1}' }, 'json', '{"a":1}'],
  [{ kind: 'string', text: '2026-02-03T04:05:06.123456Z' }, 'datetime', '2026-02-03 04:05:06.123456'],
  [{ kind: 'text', text: '2026-01-01T01:00:00+02:00' }, 'timestamp', '2025-12-31 23:00:00'],
  [{ kind: 'text', text: '2026-01-01 01:00:00' }, 'timestamp', '2026-01-01 01:00:00'],
  [{ kind: 'text', text: '2026-99-01T01:00:00Z' }, 'datetime', '2026-99-01T01:00:00Z'],
  [{ kind: 'text', text: '2026-01-01T01:00:00Z' }, 'varchar', '2026-01-01T01:00:00Z'],
])('%j is for a column of type %s the text %s', (value, type, text) => {
  expect(columnText(value, { name: 'c', type })).toBe(text)
})
