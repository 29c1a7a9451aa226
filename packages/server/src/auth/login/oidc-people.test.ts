import { describe, expect, test } from 'vitest'
import { lacks, ownerOfPerson, type PeopleMap } from './oidc-people.ts'

const context = {
  account: '1',
  endsAtMs: 5,
  source: {
    users: new Map([['1/alice', { createdAtMs: 3 }]]),
    roles: new Map([
      ['1/operate', { createdAtMs: 4 }],
      ['1/look', { createdAtMs: 4 }],
    ]),
  },
}
const byEmail: PeopleMap = { userClaim: 'email', users: new Map([['a@example.com', 'alice']]) }
const byGroup: PeopleMap = {
  userClaim: 'sub',
  roleClaim: 'groups',
  roles: new Map([
    ['gone', 'role-that-is-not-there'],
    ['admins', 'operate'],
    ['staff', 'look'],
  ]),
}

describe('a person of the provider', () => {
  test('is the user that the settings say, as it was made', () => {
    const claims = { sub: '7', email: 'a@example.com', email_verified: true }
    expect(ownerOfPerson(claims, byEmail, context)).toEqual({
      account: '1',
      way: 'oidc',
      actor: { kind: 'user', name: 'alice' },
      user: { name: 'alice', createdAtMs: 3 },
    })
  })

  test.each([
    ['with an address that nobody has verified', { email: 'a@example.com' }],
    ['with one that is said to be so in text', { email: 'a@example.com', email_verified: 'true' }],
    ['with an address that is not in the settings', { email: 'b@example.com', email_verified: true }],
    ['whose address is the name of a user', { email: 'alice', email_verified: true }],
    ['without any', {}],
  ])('%s is nobody', (_what, claims) => {
    expect(() => ownerOfPerson({ sub: '7', ...claims }, byEmail, context)).toThrow(
      expect.objectContaining({ code: 'login.user-unknown' }),
    )
  })

  test('without a user acts as the first role of the settings that they have a group for, and that is there', () => {
    const actorOf = (groups: unknown) => ownerOfPerson({ sub: 'x/7', groups }, byGroup, context).actor
    expect(actorOf(['staff', 'admins', 'gone'])).toMatchObject({
      role: 'operate',
      session: 'oidc-x-7',
      expiresAtMs: 5,
    })
    expect(actorOf('staff')).toMatchObject({ role: 'look' })
    expect(() => actorOf(['guests'])).toThrow('no role to "groups"')
    expect(() => actorOf(undefined)).toThrow('no user here')
  })

  test('who is a user is that rather than a role', () => {
    expect(ownerOfPerson({ sub: 'alice', groups: ['admins'] }, byGroup, context).actor).toEqual({
      kind: 'user',
      name: 'alice',
    })
  })
})

test('the provider is asked for more when a claim of the settings is not in the token', () => {
  expect(lacks({ sub: '7' }, byGroup)).toBe(true)
  expect(lacks({ sub: '7', groups: [] }, byGroup)).toBe(false)
})
