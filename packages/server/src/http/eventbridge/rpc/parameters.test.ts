import { expect, test } from 'vitest'
import { rpcParameters } from './parameters.ts'

test('parameters come from the query and the form, of which the form counts', () => {
  expect(rpcParameters('EventBusName=a&Limit=5', 'EventBusName=b+c&NamePrefix=%E4%B8%AD')).toEqual({
    EventBusName: 'b c',
    Limit: '5',
    NamePrefix: '中',
  })
})

test('objects and lists are JSON texts; patterns and events stay texts', () => {
  const form = new URLSearchParams({
    Source: '{"SourceMNSParameters":{"QueueName":"q"}}',
    SourceHttpEventParameters: '{"Type":"HTTP"}',
    TargetIds: '["a"]',
    FilterPattern: '{"source":["a"]}',
    StartTime: '1700000000000',
  })
  expect(rpcParameters('', form.toString())).toEqual({
    Source: { SourceMNSParameters: { QueueName: 'q' } },
    SourceHttpEventParameters: { Type: 'HTTP' },
    TargetIds: ['a'],
    FilterPattern: '{"source":["a"]}',
    StartTime: 1_700_000_000_000,
  })
})

test('flat names are put together to objects and lists, in the order of their numbers', () => {
  expect(
    rpcParameters(
      'Tags.10.Key=z&Tags.2.Key=b&Tags.2.Value=v&HttpApiParameters.Endpoint=http%3A%2F%2Fx%2F',
      '',
    ),
  ).toEqual({
    Tags: [{ Key: 'b', Value: 'v' }, { Key: 'z' }],
    HttpApiParameters: { Endpoint: 'http://x/' },
  })
})

test('names cannot reach what every object has', () => {
  const parameters = rpcParameters('__proto__.polluted=1&constructor.prototype.polluted=1', '')
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  expect(Object.getPrototypeOf(parameters)).toBe(Object.prototype)
})

test.each([
  ['Targets=[', 'not well-formed JSON'],
  ['a..b=1', 'none of a parameter'],
  [`${'a.'.repeat(16)}b=1`, 'none of a parameter'],
  [Array.from({ length: 1_001 }, (_, index) => `p${index}=`).join('&'), '1000 parameters'],
])('%# is refused', (query, message) => {
  expect(() => rpcParameters(query, '')).toThrow(message)
})
