import fc from 'fast-check'
import { expect, test } from 'vitest'
import { auditParametersBytesMax, auditParametersMax, namesInPath, recordedParameters } from './parameters.ts'

const url = '/'
const headers = {}

test('of a body names, numbers, switches and rights are told, of all else the size', () => {
  const body = {
    Name: 'orders',
    RoleArn: 'acs:ram::1:role/r',
    State: 'ENABLED',
    timeoutMs: 500,
    enabled: true,
    description: 'for people',
    targets: [{ id: 'a' }, { id: 'b' }],
    options: { password: 'x' },
    policies: ['wide'],
    document: { Version: '1' },
  }
  expect(recordedParameters({ url, headers, params: { bus: 'b' }, body })).toEqual({
    bus: 'b',
    Name: 'orders',
    RoleArn: 'acs:ram::1:role/r',
    State: 'ENABLED',
    timeoutMs: 500,
    enabled: true,
    description: '10 characters',
    targets: '2 items',
    options: '1 members',
    policies: ['wide'],
    document: { Version: '1' },
  })
})

test('of what is called a secret not even the size is told, whatever it is', () => {
  const body = { password: 'x', ApiKeyValue: 7, SecurityToken: {}, accessKeySecret: 'x', ExternalId: 'x' }
  const told = recordedParameters({ url: '/?Signature=x&NextToken=x', headers, body })
  expect(Object.keys(told)).toHaveLength(7)
  expect(new Set(Object.values(told))).toEqual(new Set(['hidden']))
})

test.each([
  ['of a query', '/?QueueName=jobs&DelaySeconds=5&Note=hello', undefined, undefined],
  ['of a form', '/', 'application/x-www-form-urlencoded', 'QueueName=jobs&DelaySeconds=5&Note=hello'],
  ['of JSON', '/', 'application/x-amz-json-1.1', '{"QueueName":"jobs","DelaySeconds":"5","Note":"hello"}'],
])('parameters are read %s', (_title, from, type, sent) => {
  const body = sent === undefined ? undefined : Buffer.from(sent)
  expect(recordedParameters({ url: from, headers: { 'content-type': type }, body })).toEqual({
    QueueName: 'jobs',
    DelaySeconds: '5',
    Note: '5 characters',
  })
})

test('bytes that are no members, and those that were not read, are told by their size', () => {
  const zip = { headers: { 'content-type': 'application/zip' }, body: Buffer.from('PK..') }
  expect(recordedParameters({ url, ...zip })).toEqual({ bodyBytes: 4 })
  const broken = { headers: { 'content-type': 'application/json' }, body: Buffer.from('{"a":') }
  expect(recordedParameters({ url, ...broken })).toEqual({ bodyBytes: 5 })
  expect(recordedParameters({ url, headers: { 'content-length': '12' } })).toEqual({ bodyBytes: 12 })
})

test('what is too much is left out, and said so', () => {
  const long = { policies: ['x'.repeat(auditParametersBytesMax)] }
  expect(Object.keys(recordedParameters({ url, headers, body: long }))).toEqual(['leftOut'])
  const many = Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`member${at}`, at]))
  expect(Object.keys(recordedParameters({ url, headers, body: many }))).toHaveLength(auditParametersMax)
})

test('a text is never told that is nested, or under a name that nobody listed', () => {
  const planted = 'PLANTED'
  const value = fc.oneof(
    fc.constant(planted),
    fc.array(fc.constant(planted)),
    fc.record({ name: fc.constant(planted), id: fc.array(fc.constant(planted)) }),
  )
  const name = fc.constantFrom('description', 'environment', 'options', 'body', 'note', 'token', 'nonsense')
  fc.assert(
    fc.property(fc.dictionary(name, value), body => {
      const bytes = Buffer.from(JSON.stringify(body))
      const type = { 'content-type': 'application/json' }
      for (const given of [
        { headers, body },
        { headers: type, body: bytes },
      ]) {
        expect(JSON.stringify(recordedParameters({ url, ...given }))).not.toContain(planted)
      }
    }),
    { numRuns: 200 },
  )
})

test('a pattern names the parts of a path', () => {
  expect(
    namesInPath('/topics/:topic/subscriptions/:subscription', ['topics', 'news', 'subscriptions', 'a']),
  ).toEqual({
    topic: 'news',
    subscription: 'a',
  })
})
