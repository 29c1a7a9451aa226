import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileTransform } from '../../bus/transform/index.ts'
import { EntryRefusal, entryBytes, eventOf, isComplete, type PutEventsEntry } from './event-in.ts'

const stamps = {
  id: '6a7e8feb-0000-4000-8000-000000000001',
  owner: '111122223333',
  region: 'eu-west-1',
  nowMs: Date.parse('2026-11-23T17:29:58.999Z'),
}
/** Whose account and region are never asked, since the events have their own. */
const shape = compileTransform({
  form: 'AWS',
  value: '$',
  variables: {},
  account: '999999999999',
  region: 'other',
})

const printable = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter(text => text.isWellFormed() && !/[\p{Cc}\p{Cn}\p{Cs}\p{Co}]/u.test(text))
const entry = fc.record(
  {
    Source: fc.stringMatching(/^[a-z][a-zé0-9 ."<>\\^`{|}-]{0,30}$/).filter(text => !text.startsWith('aws.')),
    DetailType: printable,
    Detail: fc
      .dictionary(
        fc.string().filter(name => name !== '__proto__'),
        fc.jsonValue(),
      )
      .map(value => JSON.stringify(value)),
    Resources: fc.array(printable, { maxLength: 3 }),
    Time: fc.integer({ min: 0, max: 4_000_000_000 }),
  },
  { requiredKeys: ['Source', 'DetailType', 'Detail'] },
)

test('an entry comes out as the event that went in', () => {
  fc.assert(
    fc.property(entry, given => {
      const { bytes } = eventOf(given, stamps)
      const shown = JSON.parse(Buffer.from(shape.apply(bytes)?.bytes ?? []).toString())
      const timeMs = given.Time === undefined ? stamps.nowMs : given.Time * 1_000
      expect(shown).toEqual({
        version: '0',
        id: stamps.id,
        'detail-type': given.DetailType,
        source: given.Source,
        account: stamps.owner,
        time: `${new Date(timeMs).toISOString().slice(0, 19)}Z`,
        region: stamps.region,
        resources: given.Resources ?? [],
        detail: JSON.parse(given.Detail),
      })
    }),
  )
})

const good: PutEventsEntry = { Source: 's', DetailType: 't', Detail: '{"n":12345678901234567890,"f":1.0}' }

test('the digits of numbers are kept', () => {
  expect(Buffer.from(eventOf(good, stamps).bytes).toString()).toContain(
    '"data":{"n":12345678901234567890,"f":1.0}',
  )
})

describe('a trace header', () => {
  const root = 'Root=1-5759e988-bd862e3fe1be46a994272793'
  test.each([
    [
      `${root};Parent=53995c3f42cd8ad8;Sampled=1`,
      'traceparent":"00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01',
    ],
    [
      `${root};Parent=53995c3f42cd8ad8`,
      'traceparent":"00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-00',
    ],
    [root, `awstraceheader":"${root}`],
  ])('%s', (TraceHeader, text) => {
    expect(Buffer.from(eventOf({ ...good, TraceHeader }, stamps).bytes).toString()).toContain(text)
  })
})

test.each([
  [{ Source: '' }, 'InvalidArgument'],
  [{ Detail: 'null' }, 'MalformedDetail'],
  [{ Source: 'aws.ec2' }, 'NotAuthorizedForSourceException'],
  [{ Source: 's'.repeat(257) }, 'InvalidArgument'],
  [{ Resources: ['r'.repeat(2_049)] }, 'InvalidArgument'],
  [{ Time: 1e15 }, 'InvalidArgument'],
])('an entry with %j is refused with %s', (changed, code) => {
  expect(() => eventOf({ ...good, ...changed }, stamps)).toThrow(EntryRefusal)
  expect(() => eventOf({ ...good, ...changed }, stamps)).toThrow(expect.objectContaining({ code }))
})

test('sizes are counted as the service counts them', () => {
  expect(entryBytes({ Source: 'ab', DetailType: 'c', Detail: '{"é":1}', Resources: ['xyz'] })).toBe(14)
  expect(entryBytes({ Time: 1 })).toBe(14)
  expect(isComplete(good)).toBe(true)
  expect(isComplete({ Source: 's' })).toBe(false)
})
