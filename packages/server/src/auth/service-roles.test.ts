import { FakeClock } from '@millrace/spi/conformance'
import { describe, expect, test } from 'vitest'
import { createIdentity, type IdentitySource } from './index.ts'
import { SecretBox } from './secret-box.ts'
import { renewedAfterMs, serviceSessionMs } from './service-roles.ts'

const account = '1'
const service = 'eventbridge.aliyuncs.com'
const greet = { action: 'fc:InvokeFunction', resource: 'acs:fc:local:1:functions/greet' }
const publish = { action: 'eventbridge:PutEvents', resource: 'acs:eventbridge:local:1:eventbus/next' }

interface Written {
  readonly statements: readonly object[]
  readonly trusted?: string
  readonly createdAtMs?: number
}

/** The roles of an account whose one role `r` is as `written` says at the moment. */
function rolesOf(written: Written) {
  const clock = new FakeClock()
  const source = (): IdentitySource => {
    const { statements, trusted = service, createdAtMs = 1 } = written
    const trust = {
      Version: '1',
      Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: [trusted] } },
    }
    const spec = { policies: ['p'], trust, sessionSecondsMax: 3_600 }
    return {
      users: new Map(),
      groups: new Map(),
      roles: new Map([['1/r', { account, name: 'r', createdAtMs, spec }]]),
      policies: new Map([['1/p', { spec: { document: { Version: '1', Statement: statements } } }]]),
      accessKeys: new Map(),
    }
  }
  const secrets = new SecretBox(Buffer.alloc(32, 5))
  const identity = createIdentity({ roots: [], source, secrets, clock })
  const refusal = (role = 'r', tags: Record<string, string> = {}) =>
    identity.roles.refusal({
      account,
      role,
      service,
      accesses: [greet, publish],
      resourceTags: resource => (resource === greet.resource ? tags : undefined),
    })
  return { clock, identity, refusal }
}

const allow = ({ action, resource }: typeof greet) => ({
  Effect: 'Allow',
  Action: action,
  Resource: resource,
})

describe('what a service does as a role', () => {
  test('is refused with the statements that are missing, and no others', () => {
    const error = rolesOf({ statements: [allow(greet)] }).refusal()
    expect(error).toMatchObject({ code: 'role.insufficient', retry: { kind: 'backoff' } })
    expect(error?.message).toContain(JSON.stringify(allow(publish)))
    expect(error?.message).not.toContain('InvokeFunction')
  })

  test('is allowed when the policies allow all of it, and refused when one denies it', () => {
    expect(rolesOf({ statements: [allow(greet), allow(publish)] }).refusal()).toBeUndefined()
    const denial = { ...allow(greet), Effect: 'Deny' }
    expect(rolesOf({ statements: [allow(greet), allow(publish), denial] }).refusal()?.code).toBe(
      'role.insufficient',
    )
  })

  test('may depend on the tags of what is used', () => {
    const tagged = { ...allow(greet), Condition: { StringEquals: { 'acs:ResourceTag/team': 'shop' } } }
    const { refusal } = rolesOf({ statements: [tagged, allow(publish)] })
    expect(refusal('r', { team: 'shop' })).toBeUndefined()
    expect(refusal('r', { team: 'other' })?.code).toBe('role.insufficient')
    expect(refusal()?.code).toBe('role.insufficient')
  })

  test('needs a role that is there and trusts the service', () => {
    const statements = [allow(greet), allow(publish)]
    expect(rolesOf({ statements }).refusal('other')?.code).toBe('role.not-found')
    expect(rolesOf({ statements, trusted: 'fc.aliyuncs.com' }).refusal()?.code).toBe('role.not-trusting')
  })
})

describe('credentials of a function', () => {
  test('are the same for a while, and made anew so early that the longest call ends before them', async () => {
    const { clock, identity } = rolesOf({ statements: [allow(greet)], trusted: 'fc.aliyuncs.com' })
    const first = identity.roles.credentials(account, 'r', 'greet')
    await clock.advance(renewedAfterMs - 2_000)
    expect(identity.roles.credentials(account, 'r', 'greet')).toBe(first)
    await clock.advance(2_000)
    const next = identity.roles.credentials(account, 'r', 'greet')
    expect(next).not.toBe(first)
    expect(next?.expiresAtMs).toBeGreaterThanOrEqual(clock.nowMs() + serviceSessionMs - 1_000)
    expect(serviceSessionMs - renewedAfterMs).toBeGreaterThan(86_400_000)
  })

  test('stand for the role, and are of no use once it was made anew', () => {
    const written = { statements: [allow(greet)], trusted: 'fc.aliyuncs.com', createdAtMs: 1 }
    const { identity } = rolesOf(written)
    const { accessKeyId = '', securityToken = '' } = identity.roles.credentials(account, 'r', 'greet') ?? {}
    const found = identity.keys.find(accessKeyId, securityToken)
    expect(found).toMatchObject({ refusal: undefined, key: { actor: { role: 'r', session: 'fc-greet' } } })
    written.createdAtMs = 2
    expect(identity.keys.find(accessKeyId, securityToken).refusal?.code).toBe('auth.token-expired')
    expect(identity.roles.credentials(account, 'r', 'greet')?.accessKeyId).not.toBe(accessKeyId)
  })

  test('are not given by a role that does not trust functions', () => {
    expect(
      rolesOf({ statements: [allow(greet)] }).identity.roles.credentials(account, 'r', 'greet'),
    ).toBeUndefined()
  })
})
