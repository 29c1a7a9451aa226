import { optionsParser } from '@millrace/spi'
import { describe, expect, test } from 'vitest'
import { changeNames } from './check-options.ts'
import { connector } from './index.ts'
import type { PostgresSourceOptions } from './options.ts'

function source(given: object): PostgresSourceOptions {
  const options = optionsParser('postgres', connector.source!.options)(given)
  connector.source!.check!(options)
  return options as PostgresSourceOptions
}

function sink(given: object): void {
  connector.sink!.check!(optionsParser('postgres', connector.sink!.options)(given))
}

describe('options', () => {
  test('what goes together is asked for', () => {
    expect(() => source({ mode: 'outbox' })).toThrow('option table is required for mode outbox')
    expect(() => source({ mode: 'outbox', table: 't', committed: 'mark' })).toThrow(
      'option markColumn is required',
    )
    expect(() => source({ tables: ['a.b.c'] })).toThrow('neither "schema.table" nor "table"')
    expect(() => source({ tables: ['.b'] })).toThrow('neither "schema.table" nor "table"')
    expect(() => source({ slot: 'Not-A-Slot' })).toThrow('slot')
    expect(() => sink({ table: 't', conflictColumns: ['id'] })).toThrow(
      'conflictColumns goes with mode upsert',
    )
    expect(() => sink({ table: 't', tls: { certificate: 'c' } })).toThrow('tls.key')
    expect(() => sink({})).toThrow('table')
    sink({ table: 't', mode: 'upsert', conflictColumns: ['id'] })
  })

  test('a slot has a name that no other stream has, unless one is given', () => {
    const names = (options: object, account: string, name: string): object =>
      changeNames(source(options), { account, name })
    const own = names({}, '1', 'Copy of Orders')
    expect(own).toMatchObject({ slot: expect.stringMatching(/^millrace_copy_of_orders_[0-9a-f]{8}$/) })
    expect(own).toEqual(names({}, '1', 'Copy of Orders'))
    expect(own).not.toEqual(names({}, '2', 'Copy of Orders'))
    expect(names({}, '1', 'a-b')).not.toEqual(names({}, '1', 'a_b'))
    expect(names({ slot: 's', publication: 'p', tables: ['a', 'b.c'] }, '1', 'n')).toEqual({
      slot: 's',
      publication: 'p',
      tables: [
        { schema: 'public', table: 'a' },
        { schema: 'b', table: 'c' },
      ],
    })
    expect(names({ slot: 's' }, '1', 'n')).toMatchObject({ publication: 's' })
  })
})
