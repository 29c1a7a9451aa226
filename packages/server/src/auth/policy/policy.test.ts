import { AppError } from '@millrace/spi'
import { describe, expect, test } from 'vitest'
import {
  type Applicant,
  compileConditions,
  conditionKey,
  contextOf,
  decide,
  parsePolicy,
  type PolicyKind,
  systemPolicies,
} from './index.ts'
import { compileGlob, fits } from './glob.ts'

const context = contextOf({
  'acs:SourceIp': '203.0.113.9',
  'acs:CurrentTime': '2026-11-23T17:30:00Z',
  'acs:SecureTransport': 'true',
  'acs:ResourceTag/team': 'dev',
  'acs:Groups': ['blue', 'green'],
  'x:words': 'many',
  'x:count': '5',
})

describe('a condition', () => {
  test.each([
    [{ IpAddress: { 'acs:SourceIp': ['198.51.100.0/24', '203.0.113.0/24'] } }, true],
    [{ IpAddress: { 'acs:SourceIp': '203.0.113.9' } }, true],
    [{ NotIpAddress: { 'acs:SourceIp': ['203.0.113.0/24', '10.0.0.0/8'] } }, false],
    [{ IpAddress: { 'acs:SourceIp': '::ffff:203.0.113.0/120' } }, true],
    [{ IpAddress: { 'acs:SourceIp': '2001:db8::/32' } }, false],
    [{ DateLessThan: { 'acs:CurrentTime': '2026-11-24T01:30:00+08:00' } }, false],
    [{ DateLessThanEquals: { 'acs:CurrentTime': '2026-11-24T01:30:00+08:00' } }, true],
    [{ DateEquals: { 'acs:CurrentTime': '2026-11-24T01:30:00+08:00' } }, true],
    [{ DateNotEquals: { 'acs:CurrentTime': '2026-11-24T01:30:00+08:00' } }, false],
    [{ DateGreaterThan: { 'acs:CurrentTime': '2026-11-23T17:29:59Z' } }, true],
    [{ DateGreaterThanEquals: { 'acs:CurrentTime': '2026-11-23T17:30:01Z' } }, false],
    [{ Bool: { 'acs:SecureTransport': 'false' } }, false],
    [{ Bool: { 'acs:SecureTransport': true } }, true],
    [{ Bool: { 'acs:SecureTransport': 'TRUE' } }, true],
    [{ StringEquals: { 'acs:ResourceTag/team': 'Dev' } }, false],
    [{ StringEquals: { 'ACS:resourcetag/team': 'dev' } }, true],
    [{ StringEquals: { 'acs:ResourceTag/Team': 'dev' } }, false],
    [{ StringEqualsIgnoreCase: { 'acs:ResourceTag/team': 'Dev' } }, true],
    [{ StringNotEqualsIgnoreCase: { 'acs:ResourceTag/team': 'Dev' } }, false],
    [{ StringLike: { 'acs:ResourceTag/team': ['q*', 'd?v'] } }, true],
    [{ StringNotLike: { 'acs:ResourceTag/team': 'd*' } }, false],
    [{ StringNotEquals: { 'acs:ResourceTag/team': ['ops', 'dev'] } }, false],
    [{ StringEquals: { 'acs:RequestTag/env': 'x' } }, false],
    [{ StringNotEquals: { 'acs:RequestTag/env': 'x' } }, true],
    [{ NotIpAddress: { 'acs:VpcSourceIp': '10.0.0.0/8' } }, true],
    [{ NumericNotEquals: { 'x:none': '1' } }, true],
    [{ StringEqualsIfExists: { 'acs:RequestTag/env': 'x' } }, true],
    [{ StringEqualsIfExists: { 'acs:ResourceTag/team': 'x' } }, false],
    [{ NumericEquals: { 'x:count': '5.0' } }, true],
    [{ NumericEquals: { 'x:count': 5 } }, true],
    [{ NumericNotEquals: { 'x:count': '5' } }, false],
    [{ NumericLessThan: { 'x:count': '5' } }, false],
    [{ NumericLessThanEquals: { 'x:count': '5' } }, true],
    [{ NumericGreaterThan: { 'x:count': '-1e1' } }, true],
    [{ NumericGreaterThanEquals: { 'x:count': '5.1' } }, false],
    [{ NumericLessThan: { 'x:words': '9' } }, false],
    [{ NumericNotEquals: { 'x:words': '9' } }, false],
    [{ Null: { 'x:none': 'true' } }, true],
    [{ Null: { 'x:count': 'true' } }, false],
    [{ Null: { 'x:count': 'false' } }, true],
    [{ StringEquals: { 'acs:Groups': 'green' } }, true],
    [{ 'ForAnyValue:StringEquals': { 'acs:Groups': ['green', 'red'] } }, true],
    [{ 'ForAllValues:StringEquals': { 'acs:Groups': ['green', 'red'] } }, false],
    [{ 'ForAllValues:StringEquals': { 'acs:Groups': ['green', 'blue'] } }, true],
    [{ 'ForAllValues:StringEquals': { 'x:none': 'a' } }, true],
    [{ 'ForAnyValue:StringNotEquals': { 'x:none': 'a' } }, false],
    [{ StringEquals: { 'acs:ResourceTag/team': 'dev' }, Bool: { 'acs:SecureTransport': 'false' } }, false],
    [{ StringEquals: { 'acs:ResourceTag/team': 'dev', 'x:count': '6' } }, false],
    [{}, true],
  ])('%j is %j', (condition, expected) => {
    expect(compileConditions(condition, 'Condition')(context)).toBe(expected)
  })

  test('knows keys without their case, but tags with it', () => {
    expect(conditionKey('ACS:ResourceTag/Team')).toBe('acs:resourcetag/Team')
  })
})

describe('a pattern', () => {
  test.each([
    ['*', '', true],
    ['a*c', 'abbbc', true],
    ['a*c', 'abbbd', false],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['*b*d', 'abcbd', true],
    ['a', 'A', false],
    ['a**', 'a', true],
    ['[ab]', 'a', false],
  ])('%s fits %s: %s', (pattern, text, expected) => {
    expect(fits(compileGlob(pattern), text)).toBe(expected)
  })

  test('with many stars against a long text does not run away', () => {
    // A recursive matcher would need more steps than there are atoms.
    expect(fits(compileGlob(`${'*a'.repeat(40)}*b`), 'a'.repeat(10_000))).toBe(false)
  })
})

const allow = (action: string, further: object = {}) => ({
  Effect: 'Allow',
  Action: action,
  Resource: '*',
  ...further,
})
const deny = (action: string, further: object = {}) => ({ ...allow(action, further), Effect: 'Deny' })
const attached = (...statements: object[]) => [
  { name: 'p', via: 'user u', policy: parsePolicy({ Version: '1', Statement: statements }) },
]
const ask = (action: string, resource = 'acs:fc:local:1:functions/f') => ({ action, resource, context })
const isFalse = { Condition: { Bool: { 'acs:SecureTransport': 'false' } } }

describe('a decision', () => {
  test.each([
    [1, [], 'fc:InvokeFunction', 'implicit-deny'],
    [2, [allow('eventbridge:*')], 'eventbridge:PutEvents', 'allow'],
    [3, [allow('eventbridge:*'), deny('eventbridge:Delete*')], 'eventbridge:DeleteRule', 'explicit-deny'],
    [4, [{ Effect: 'Allow', NotAction: 'ram:*', Resource: '*' }], 'ram:CreateUser', 'implicit-deny'],
    [
      5,
      [{ Effect: 'Deny', NotAction: 'eventbridge:*', Resource: '*' }, allow('*')],
      'fc:InvokeFunction',
      'explicit-deny',
    ],
    [6, [allow('fc:*'), deny('fc:*')], 'fc:GetFunction', 'explicit-deny'],
    [11, [allow('fc:*', isFalse)], 'fc:GetFunction', 'implicit-deny'],
    [12, [deny('fc:*', isFalse), allow('fc:*')], 'fc:GetFunction', 'allow'],
  ])('case %i of the specification', (_case, statements, action, expected) => {
    const identity = statements.length === 0 ? [] : attached(...statements)
    expect(decide({ identity }, ask(action)).outcome).toBe(expected)
  })

  test('of a session needs the session policy and the role', () => {
    const narrow = decide(
      { session: attached(allow('fc:Get*')), identity: attached(allow('fc:*')) },
      ask('fc:DeleteFunction'),
    )
    expect(narrow).toMatchObject({ outcome: 'implicit-deny', layer: 'session' })
    const wide = decide(
      { session: attached(allow('*')), identity: attached(allow('fc:Get*')) },
      ask('fc:DeleteFunction'),
    )
    expect(wide).toMatchObject({ outcome: 'implicit-deny', layer: 'identity' })
  })

  test('names the policy and the statement', () => {
    const decision = decide(
      { identity: attached(allow('fc:*'), deny('fc:Delete*', { Sid: 'keep' })) },
      ask('fc:DeleteFunction'),
    )
    expect(decision.by?.policy.name).toBe('p')
    expect(decision.by?.statement).toMatchObject({ index: 1, sid: 'keep', effect: 'Deny' })
  })

  test.each([
    ['acs:fc:*:*:functions/*', 'acs:fc:local:1:functions/a/versions/1', 'allow'],
    ['acs:fc:*:2:functions/*', 'acs:fc:local:1:functions/a', 'implicit-deny'],
    // A star stands for one field, not for the next one with it.
    ['acs:fc:*:functions/*:x', 'acs:fc:local:1:functions/a', 'implicit-deny'],
    ['acs:fc:*', 'acs:fc:local:1:functions/a', 'allow'],
    ['acs:ram:*:1:role/x', 'acs:ram::1:role/x', 'allow'],
    ['acs:ram::1:role/x', 'acs:ram::1:role/x', 'allow'],
    ['acs:fc:*:*:*', '*', 'implicit-deny'],
    ['acs:*', '*', 'allow'],
  ])('the resource %s covers %s: %s', (pattern, resource, expected) => {
    const identity = attached({ Effect: 'Allow', Action: '*', Resource: pattern })
    expect(decide({ identity }, ask('fc:GetFunction', resource)).outcome).toBe(expected)
  })
})

describe('taking on a role', () => {
  const alice: Applicant = { kind: 'user', account: '1', name: 'alice' }
  const trusting = (Principal: object, further: object = {}) => [
    {
      name: 'trust',
      via: 'role r',
      policy: parsePolicy(
        { Version: '1', Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal, ...further } },
        'trust',
      ),
    },
  ]
  const request = (applicant: Applicant) => ({ ...ask('sts:AssumeRole', 'acs:ram::1:role/r'), applicant })
  const mayAssume = attached(allow('sts:AssumeRole'))

  test.each<[object, Applicant, string]>([
    [{ RAM: 'acs:ram::1:user/alice' }, alice, 'allow'],
    [{ RAM: ['acs:ram::1:root'] }, alice, 'allow'],
    [{ RAM: 'acs:ram::2:root' }, alice, 'implicit-deny'],
    [{ RAM: 'acs:ram::1:user/bob' }, alice, 'implicit-deny'],
    [{ RAM: 'acs:ram::1:role/alice' }, alice, 'implicit-deny'],
    [{ RAM: 'acs:ram::1:root' }, { kind: 'root', account: '1' }, 'implicit-deny'],
    [{ RAM: 'acs:ram::1:role/ci' }, { kind: 'role', account: '1', name: 'ci', session: 's' }, 'allow'],
    [{ RAM: 'acs:ram::1:role/ci/s' }, { kind: 'role', account: '1', name: 'ci', session: 's' }, 'allow'],
    [
      { RAM: 'acs:ram::1:assumed-role/ci/t' },
      { kind: 'role', account: '1', name: 'ci', session: 's' },
      'implicit-deny',
    ],
  ])('%j by %j: %s', (principal, applicant, expected) => {
    const sets = { identity: mayAssume, resource: trusting(principal) }
    expect(decide(sets, request(applicant)).outcome).toBe(expected)
  })

  test('needs the permission of who asks, too', () => {
    const sets = { identity: [], resource: trusting({ RAM: 'acs:ram::1:root' }) }
    expect(decide(sets, request(alice))).toMatchObject({ outcome: 'implicit-deny', layer: 'identity' })
    expect(decide({ identity: mayAssume }, request(alice)).outcome).toBe('implicit-deny')
  })

  test('by a service needs the trust alone', () => {
    const sets = { resource: trusting({ Service: 'fc.aliyuncs.com' }) }
    expect(decide(sets, request({ kind: 'service', name: 'fc.aliyuncs.com' })).outcome).toBe('allow')
    expect(decide(sets, request({ kind: 'service', name: 'log.aliyuncs.com' })).outcome).toBe('implicit-deny')
  })

  test('can be left to everybody only under a condition', () => {
    expect(() => trusting({ RAM: '*' })).toThrow(/only beside a Condition/)
    const sets = { identity: mayAssume, resource: trusting({ RAM: '*' }, isFalse) }
    expect(decide(sets, request(alice)).outcome).toBe('implicit-deny')
  })
})

describe('a policy is refused', () => {
  const whole = (statement: object) => ({ Version: '1', Statement: [statement] })
  test.each<[string, string, unknown, PolicyKind?]>([
    ['policy.invalid', '', '{'],
    ['policy.invalid', '', 7],
    ['policy.invalid', 'Version', { Version: '2', Statement: [allow('*')] }],
    ['policy.invalid', 'Statement', { Version: '1', Statement: [] }],
    ['policy.unknown-member', 'Id', { Version: '1', Id: 'x', Statement: [allow('*')] }],
    ['policy.unknown-member', 'Statement[0].Conditon', whole(allow('*', { Conditon: {} }))],
    ['policy.unknown-member', 'Statement[0].Principal', whole(allow('*', { Principal: { RAM: '*' } }))],
    ['policy.unknown-member', 'Statement[0].Resource', whole(allow('*')), 'trust'],
    ['policy.invalid', 'Statement[0].Effect', whole({ ...allow('*'), Effect: 'allow' })],
    ['policy.invalid', 'Statement[0]', whole(allow('*', { NotAction: '*' }))],
    ['policy.invalid', 'Statement[0]', whole({ Effect: 'Allow', Action: '*' })],
    ['policy.invalid', 'Statement[0].Action', whole(allow('PutEvents'))],
    ['policy.invalid', 'Statement[0].Action', whole({ ...allow('*'), Action: [] })],
    [
      'policy.invalid',
      'Statement[0].Resource',
      whole({ ...allow('*'), Resource: 'arn:aws:events:*:*:rule/*' }),
    ],
    [
      'policy.unknown-operator',
      'Statement[0].Condition.StringEqual',
      whole(allow('*', { Condition: { StringEqual: { a: 'b' } } })),
    ],
    [
      'policy.unknown-operator',
      'Statement[0].Condition.NullIfExists',
      whole(allow('*', { Condition: { NullIfExists: { a: 'true' } } })),
    ],
    [
      'policy.invalid',
      'Statement[0].Condition.IpAddress.acs:SourceIp',
      whole(allow('*', { Condition: { IpAddress: { 'acs:SourceIp': '10.0.0.0/33' } } })),
    ],
    [
      'policy.invalid',
      'Statement[0].Condition.DateLessThan.acs:CurrentTime',
      whole(allow('*', { Condition: { DateLessThan: { 'acs:CurrentTime': '2026-11-24T01:30:00' } } })),
    ],
    [
      'policy.invalid',
      'Statement[0].Condition.StringEquals.a',
      whole(allow('*', { Condition: { StringEquals: { a: [] } } })),
    ],
    [
      'policy.duplicate-member',
      'Statement.Effect',
      '{"Version":"1","Statement":[{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}]}',
    ],
    [
      'policy.duplicate-member',
      'Statement.Condition.Bool.a',
      '{"Version":"1","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"\\u0061":"true","a":["true","}"]}}}}',
    ],
    ['policy.too-large', '', JSON.stringify(whole(allow('*'))).padEnd(6_145)],
    ['policy.too-large', '', JSON.stringify(whole(allow('*'))).padEnd(2_049), 'session'],
  ])('%s at %j', (code, path, document, kind) => {
    expect(refusalOf(() => parsePolicy(document, kind))).toMatchObject({ code, details: { path } })
  })

  function refusalOf(work: () => unknown): unknown {
    try {
      work()
    } catch (thrown) {
      return thrown instanceof AppError ? thrown : undefined
    }
    return undefined
  }
})

test('one statement and one text stand for lists of one', () => {
  const policy = parsePolicy({ Version: '1', Statement: allow('fc:*') })
  expect(decide({ identity: [{ name: 'p', via: 'user u', policy }] }, ask('FC:invokefunction')).outcome).toBe(
    'allow',
  )
})

test('the policies of the system allow what their names say', () => {
  const policies = systemPolicies()
  const outcome = (name: string, action: string) => {
    const policy = policies.get(name)?.policy
    return policy && decide({ identity: [{ name, via: 'user u', policy }] }, ask(action)).outcome
  }
  expect(outcome('AdministratorAccess', 'ram:CreateUser')).toBe('allow')
  expect(outcome('ReadOnlyAccess', 'fc:DeleteFunction')).toBe('implicit-deny')
  expect(outcome('ReadOnlyAccess', 'fc:GetFunction')).toBe('allow')
  expect(outcome('AliyunFCInvocationAccess', 'fc:InvokeFunction')).toBe('allow')
  expect(outcome('AliyunFCFullAccess', 'ram:PassRole')).toBe('implicit-deny')
})
