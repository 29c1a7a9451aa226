import { expect, test } from 'vitest'
import { account, readRefusal } from '../account.ts'
import { cleansed, type Typed } from '../functions/cleanse/customer.mts'
import { handler } from '../functions/cleanse/index.mts'
import { messages, type Sent } from '../messages.ts'

test.each([
  ['1.234,50 €', 1234.5],
  ['1,234.50', 1234.5],
  ['¥ 12 000', 12_000],
  ['-5', -5],
  ['7,5', 7.5],
  ['1.234.567', 1_234_567],
])('credit %j is %d', (credit, number) => {
  expect(cleansed({ credit }).credit).toBe(number)
})

test('what cannot be read is passed on as it is, for the table to refuse', () => {
  expect(cleansed({ credit: 'a lot', born: 'in May', country: 'Atlantis' })).toMatchObject({
    credit: 'a lot',
    born: 'in May',
    country: 'ATLANTIS',
  })
})

test('spaces, cases and prefixes are put in order, and an empty text is nothing', () => {
  const typed = {
    name: '  Ada \n Lovelace',
    email: ' A@B.DE',
    phone: '0049 (30) 12-34',
    country: 'uk',
    born: '1.2.1990',
  }
  expect(cleansed(typed)).toMatchObject({
    name: 'Ada Lovelace',
    email: 'a@b.de',
    phone: '+49301234',
    country: 'GB',
    born: '1990-02-01',
  })
  expect(cleansed({ email: '  ' }).email).toBeUndefined()
})

test('cleansing what is clean changes nothing', () => {
  for (const { body, fate } of messages(50).filter(({ id }) => id.startsWith('c'))) {
    const once = cleansed(JSON.parse(body) as Typed)
    expect(cleansed(once), fate).toEqual(once)
  }
})

test('a message that comes as a dead letter becomes the same row as it does at first', () => {
  const body = { id: 'c-1', name: ' Ada ' }
  const first = { id: 'm-1', data: { body } }
  const letter = { id: 'm-2', data: { messageBody: { ...first, deadlettercode: 'sink.rejected' } } }
  const [one, two] = handler(Buffer.from(JSON.stringify([first, letter])))
  expect(one?.data).toEqual({ id: 'c-1', name: 'Ada' })
  expect(two).toEqual({ id: 'm-2', data: one?.data })
})

test('a message that is no JSON has no fields, for the table to refuse', () => {
  const letter = { data: { body: { deadlettercode: 'record.malformed', data: { body: 'eyJpZCI6' } } } }
  const [row] = handler(Buffer.from(JSON.stringify([letter])))
  expect(Object.values(row?.data ?? {}).filter(value => value !== undefined)).toEqual([])
})

test('the account takes what is as it should be, and names a customer that is lost, doubled, or both row and refusal', () => {
  const sent: Sent[] = [
    { id: 'a', body: '', fate: 'row' },
    { id: 'b', body: '', fate: 'refused' },
    { id: 'b', body: '', fate: 'refused' },
  ]
  const b = { id: 'b', reason: 'r' }
  expect(account(sent, ['a'], [b])).toMatchObject({ sent: 3, rows: 1, refused: 1, repeated: 1 })
  expect(() => account(sent, [], [b])).toThrow('a is 0 rows and 0 refusals')
  expect(() => account(sent, ['a', 'a'], [b])).toThrow('a is 2 rows')
  expect(() => account(sent, ['a', 'b'], [b])).toThrow('b is 1 rows and 1 refusals')
  expect(() => account(sent, ['a', 'x'], [b])).toThrow('nobody sent x')
})

test('of a message that was no JSON, the refusal tells whose it was', () => {
  const text = Buffer.from('{"id":"b-7","na').toString('base64')
  const first = { deadlettercode: 'record.malformed', data: { body: text } }
  const last = { deadlettercode: 'sink.rejected', deadletterdetail: 'column id', data: { body: first } }
  expect(readRefusal(JSON.stringify(last))).toEqual({ id: 'b-7', reason: 'record.malformed' })
})
