import { eventOf } from '@millrace/spi/conformance'
import { describe, expect, test } from 'vitest'
import { type EntryOrigin, entryEvent, takenAtMs } from './entry-event.ts'

const origin: EntryOrigin = {
  context: { account: '1', region: 'local', instance: 'cache-1', name: 'stream-1' },
  database: 2,
  stream: 'orders',
  bodyField: 'body',
  bodyForm: 'json',
}
const entry = (...words: (string | Buffer)[]) => ({
  id: '1767323045000-7',
  fields: words.map(word => Buffer.from(word as string)),
})

describe('events of entries', () => {
  test('have the fields, the body as it is, and the time of the id', () => {
    const { event, fault } = entryEvent(
      entry('region', 'eu', 'body', '{"n":12345678901234567890}'),
      origin,
      'i',
      0,
    )
    expect(fault).toBeUndefined()
    expect(Buffer.from(event).toString()).toContain('"body":{"n":12345678901234567890}')
    expect(eventOf(event)).toMatchObject({
      id: 'i',
      source: 'stream-1',
      type: 'redis:Stream:AddEntry',
      subject: 'acs:redis:local:1:/instances/cache-1/databases/2/streams/orders',
      time: '2026-01-02T03:04:05.000Z',
      data: { stream: 'orders', entryId: '1767323045000-7', fields: { region: 'eu' } },
    })
  })

  test('an entry without the field of the body has none', () => {
    const { event, fault } = entryEvent(entry('a', '1', '__proto__', '2'), origin, 'i', 0)
    expect(fault).toBeUndefined()
    const data = eventOf(event).data as { fields: object }
    expect(data).not.toHaveProperty('body')
    expect(Object.entries(data.fields)).toEqual([
      ['a', '1'],
      ['__proto__', '2'],
    ])
  })

  test('a body that is not JSON has a fault, and is shown as base64', () => {
    const { event, fault } = entryEvent(entry('body', 'no json'), origin, 'i', 0)
    expect(fault).toMatchObject({ code: 'record.malformed' })
    expect(eventOf(event).data).toMatchObject({ body: Buffer.from('no json').toString('base64') })
  })

  test('a field that is not UTF-8 has a fault, and is shown as base64', () => {
    const { event, fault } = entryEvent(entry('a', Buffer.from([255])), origin, 'i', 0)
    expect(fault?.message).toBe('the field "a" of 1 bytes is not UTF-8')
    expect(eventOf(event).data).toMatchObject({ fields: { a: '/w==' } })
  })

  test('the replacement character itself is a text like any other', () => {
    const { event, fault } = entryEvent(entry('a', '\uFFFD'), origin, 'i', 0)
    expect(fault).toBeUndefined()
    expect(eventOf(event).data).toMatchObject({ fields: { a: '\uFFFD' } })
  })

  test.each([
    ['1767323045000-0', 1_767_323_045_000],
    ['1-1', undefined],
    ['18446744073709551615-1', undefined],
  ])('the id %s was made at %s', (id, atMs) => {
    expect(takenAtMs(id)).toBe(atMs)
  })
})
