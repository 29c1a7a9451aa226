import { expect, test } from 'vitest'
import fc from 'fast-check'
import { contextOf, decide, parsePolicy } from './index.ts'
import { naiveDecision, type NaivePolicy, type NaiveStatement } from './oracle.fixture.ts'

const action = fc.constantFrom(
  'eventbridge:PutEvents',
  'eventbridge:CreateRule',
  'fc:InvokeFunction',
  'fc:GetFunction',
)
const actionPattern = fc.constantFrom(
  '*',
  'eventbridge:*',
  'EVENTBRIDGE:put*',
  'fc:?etFunction',
  '*:*Rule',
  'fc:InvokeFunction',
  'fc:*n',
)
const resource = fc.constantFrom(
  '*',
  'acs:eventbridge:local:1:eventbus/orders',
  'acs:eventbridge:local:1:eventbus/orders/rule/paid',
  'acs:fc:local:2:functions/f',
  'acs:ram::1:role/a:b',
)
const resourcePattern = fc.constantFrom(
  '*',
  'acs:*',
  'acs:eventbridge:*',
  'acs:eventbridge:*:*:*',
  'acs:eventbridge:*:1:eventbus/*',
  'acs:eventbridge:local:1:eventbus/orders',
  'acs:*:*:2:*',
  'acs:fc:*:*:functions/?',
  'acs:ram:*:*:role/*:b',
  'acs:*:1:*',
)
const texts = fc.constantFrom('dev', 'Dev', 'ops', 'd?v', '*', '')
const addresses = fc.constantFrom(
  '203.0.113.9',
  '203.0.113.0/24',
  '10.0.0.0/8',
  '0.0.0.0/0',
  '203.0.113.8/31',
)
const numbers = fc.constantFrom('5', '5.0', '-1', '1e2', '7')
const dates = fc.constantFrom('2026-11-23T17:30:00Z', '2026-11-24T01:30:00+08:00', '2026-11-25T00:00:00Z')
const some = (one: fc.Arbitrary<string>) => fc.uniqueArray(one, { minLength: 1, maxLength: 3 })

const condition = fc.oneof(
  keyed(
    [
      'StringEquals',
      'StringNotEquals',
      'StringEqualsIgnoreCase',
      'StringLike',
      'StringNotLike',
      'StringEqualsIfExists',
      'StringNotLikeIfExists',
    ],
    ['acs:ResourceTag/team', 'acs:RequestTag/team', 'ACS:requesttag/team', 'acs:ResourceTag/Team'],
    texts,
  ),
  keyed(['Null'], ['acs:ResourceTag/Team', 'acs:RequestTag/team'], fc.constantFrom('true', 'false')),
  keyed(['IpAddress', 'NotIpAddress', 'IpAddressIfExists'], ['acs:SourceIp'], addresses),
  keyed(['NumericLessThan', 'NumericNotEquals'], ['x:count'], numbers),
  keyed(['DateGreaterThanEquals'], ['acs:CurrentTime'], dates),
  keyed(['Bool', 'Null'], ['acs:SecureTransport'], fc.constantFrom('true', 'false')),
)

function keyed(operators: string[], keys: string[], value: fc.Arbitrary<string>) {
  return fc
    .tuple(fc.constantFrom(...operators), fc.constantFrom(...keys), some(value))
    .map(([operator, key, values]) => ({ [operator]: { [key]: values } }))
}

const statement: fc.Arbitrary<NaiveStatement> = fc
  .record({
    Effect: fc.constantFrom('Allow' as const, 'Allow' as const, 'Deny' as const),
    actions: some(actionPattern),
    resources: some(resourcePattern),
    isNotAction: fc.boolean(),
    isNotResource: fc.boolean(),
    conditions: fc.array(condition, { maxLength: 2 }),
  })
  .map(({ Effect, actions, resources, isNotAction, isNotResource, conditions }) => ({
    Effect,
    ...(isNotAction ? { NotAction: actions } : { Action: actions }),
    ...(isNotResource ? { NotResource: resources } : { Resource: resources }),
    ...(conditions.length === 0 ? {} : { Condition: Object.assign({}, ...conditions) as object }),
  })) as fc.Arbitrary<NaiveStatement>

const policy: fc.Arbitrary<NaivePolicy> = fc
  .array(statement, { minLength: 1, maxLength: 3 })
  .map(Statement => ({ Version: '1', Statement }))
const policies = fc.array(policy, { maxLength: 3 })

const context = fc
  .record(
    {
      'acs:SourceIp': fc.constantFrom('203.0.113.9', '10.1.2.3', '192.0.2.1'),
      'acs:ResourceTag/team': texts,
      'acs:ResourceTag/Team': texts,
      'acs:RequestTag/team': texts,
      'acs:SecureTransport': fc.constantFrom('true', 'false'),
      'acs:CurrentTime': dates,
      'x:count': numbers,
    },
    { requiredKeys: [] },
  )
  .map(found => Object.fromEntries(Object.entries(found).map(([key, value]) => [key, [value]])))

test('compiled policies decide as the naive oracle does', () => {
  const seen = new Set<string>()
  const attached = (list: readonly NaivePolicy[]) =>
    list.map((one, index) => ({ name: `p${index}`, via: 'user u', policy: parsePolicy(JSON.stringify(one)) }))
  fc.assert(
    fc.property(
      fc.record({
        identity: policies,
        session: fc.option(policies, { nil: undefined }),
        action,
        resource,
        context,
      }),
      ({ identity, session, ...request }) => {
        const sets = { identity, ...(session === undefined ? {} : { session }) }
        const expected = naiveDecision(sets, request)
        seen.add(expected)
        const { outcome, by } = decide(
          { identity: attached(identity), ...(session === undefined ? {} : { session: attached(session) }) },
          { ...request, context: contextOf(request.context) },
        )
        expect(outcome).toBe(expected)
        // Whatever was said has a statement that said it, unless nobody said anything.
        expect(by?.statement.effect).toBe(
          { allow: 'Allow', 'explicit-deny': 'Deny', 'implicit-deny': undefined }[expected],
        )
      },
    ),
    { numRuns: 3_000, seed: 20_261_124 },
  )
  // The walk is worth something only if it meets all three.
  expect([...seen].toSorted()).toEqual(['allow', 'explicit-deny', 'implicit-deny'])
})
