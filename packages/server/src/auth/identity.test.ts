import { FakeClock } from '@millrace/spi/conformance'
import { describe, expect, test } from 'vitest'
import { createIdentity, type Identity, type IdentitySource, type Principal } from './index.ts'
import { SecretBox } from './secret-box.ts'

const hourMs = 3_600_000
const account = '1'
const secrets = new SecretBox(Buffer.alloc(32, 5))
const statement = { Effect: 'Allow', Action: 'fc:*', Resource: '*' }

/** Documents of one account with a user, a role and a policy; `changed` replaces maps. */
function sourceOf(changed: object = {}): IdentitySource {
  const role = {
    account,
    name: 'r',
    createdAtMs: 1,
    spec: { policies: ['p'], trust: {}, sessionSecondsMax: 3_600 },
  }
  return {
    users: new Map([['1/u', { spec: { policies: ['p'], groups: ['g'] } }]]),
    groups: new Map(),
    roles: new Map([['1/r', role]]),
    policies: new Map([['1/p', { spec: { document: { Version: '1', Statement: statement } } }]]),
    accessKeys: new Map([
      ['KEY', { id: 'KEY', account, user: 'u', disabled: false, sealedSecret: secrets.seal('secret') }],
      ['OFF', { id: 'OFF', account, user: 'u', disabled: true, sealedSecret: secrets.seal('secret') }],
    ]),
    ...changed,
  }
}

function identityOf(source: () => IdentitySource, clock = new FakeClock()): Identity {
  const roots = [{ accessKeyId: 'ROOT', accessKeySecret: 'root', account }]
  return createIdentity({ roots, source, secrets, clock })
}

const asked = [{ action: 'fc:GetFunction', resource: 'acs:fc:local:1:functions/f' }]
const facts = { peer: '127.0.0.1', isSecure: false, userAgent: undefined }
const user: Principal = { account, keyId: 'KEY', actor: { kind: 'user', name: 'u' } }

describe('the directory of keys', () => {
  const { keys } = identityOf(sourceOf)
  test.each([
    ['ROOT', undefined, 'root'],
    ['KEY', undefined, 'user'],
    ['OFF', 'auth.key-disabled', 'user'],
    ['NONE', 'auth.unknown-key', 'user'],
    ['STS.none', 'auth.token-missing', 'user'],
  ])('%s: %s', (id, code, kind) => {
    const found = keys.find(id)
    expect(found.refusal?.code).toBe(code)
    expect(found.key.actor.kind).toBe(kind)
  })

  test('refuses a token beside a key that needs none', () => {
    expect(keys.find('KEY', 'CAISxx').refusal?.code).toBe('auth.token-mismatch')
  })

  test('gives a key whose secret nobody has for what is not there', () => {
    const { key } = keys.find('NONE')
    expect(key.accessKeySecret.length).toBeGreaterThan(40)
    expect(key.accessKeySecret).not.toBe(identityOf(sourceOf).keys.find('KEY').key.accessKeySecret)
  })
})

describe('temporary credentials', () => {
  const request = { account, role: 'r', session: 's', durationMs: hourMs }

  test('end with their time', async () => {
    const clock = new FakeClock()
    const { keys, sessions } = identityOf(sourceOf, clock)
    const { accessKeyId, accessKeySecret, securityToken } = sessions.issue(request)
    const found = keys.find(accessKeyId, securityToken)
    expect(found).toMatchObject({
      refusal: undefined,
      key: { accessKeySecret, actor: { role: 'r', session: 's' } },
    })
    await clock.advance(hourMs - 1_001)
    expect(keys.find(accessKeyId, securityToken).refusal).toBeUndefined()
    await clock.advance(1_001)
    expect(keys.find(accessKeyId, securityToken).refusal?.code).toBe('auth.token-expired')
  })

  test('end with their role, also when it is made anew', () => {
    let source = sourceOf()
    const { keys, sessions } = identityOf(() => source)
    const { accessKeyId, securityToken } = sessions.issue(request)
    const anew = {
      account,
      name: 'r',
      createdAtMs: 2,
      spec: { policies: [], trust: {}, sessionSecondsMax: 3_600 },
    }
    for (const roles of [new Map(), new Map([['1/r', anew]])]) {
      source = sourceOf({ roles })
      expect(keys.find(accessKeyId, securityToken).refusal?.code).toBe('auth.token-expired')
    }
  })

  test('belong to one key, and to this server', () => {
    const { keys, sessions } = identityOf(sourceOf)
    const [first, second] = [sessions.issue(request), sessions.issue(request)]
    expect(keys.find(first.accessKeyId, second.securityToken).refusal?.code).toBe('auth.token-mismatch')
    const other = createIdentity({
      roots: [],
      source: sourceOf,
      secrets: new SecretBox(Buffer.alloc(32, 6)),
      clock: new FakeClock(),
    })
    expect(other.keys.find(first.accessKeyId, first.securityToken).refusal?.code).toBe('auth.token-invalid')
  })

  test('cannot be made of a secret that somebody had sealed', () => {
    const { keys } = identityOf(sourceOf)
    const content = {
      id: 'STS.x',
      secret: 'x',
      account,
      role: 'r',
      roleCreatedAtMs: 1,
      session: 's',
      expiresAtMs: hourMs,
    }
    const sealed = Buffer.from(secrets.seal(JSON.stringify(content)).slice('sealed:v1:'.length), 'base64url')
    expect(keys.find('STS.x', `CAIS${sealed.toString('base64')}`).refusal?.code).toBe('auth.token-invalid')
  })
})

describe('decisions', () => {
  test('follow the documents as they are at the moment', () => {
    let source = sourceOf()
    const { authorizer } = identityOf(() => source)
    expect(authorizer.refusal(user, asked, facts)).toBeUndefined()
    source = sourceOf({ users: new Map() })
    expect(authorizer.refusal(user, asked, facts)?.code).toBe('auth.forbidden')
  })

  test('deny everything by a stored policy that is none of the language, or is gone', () => {
    const broken = new Map([
      ['1/p', { spec: { document: { Version: '1', Statement: [{ ...statement, Extra: 1 }] } } }],
    ])
    for (const policies of [broken, new Map()]) {
      const { authorizer } = identityOf(() => sourceOf({ policies }))
      expect(authorizer.refusal(user, asked, facts)?.details).toMatchObject({ denial: 'explicit-deny' })
    }
  })

  test.each([
    [{ team: 'shop' }, undefined, undefined],
    [{ team: 'other' }, undefined, 'implicit-deny'],
    [{ Team: 'shop' }, undefined, 'implicit-deny'],
    [undefined, undefined, 'implicit-deny'],
    [{ team: 'shop' }, { stage: 'live' }, 'explicit-deny'],
    [{ team: 'shop' }, { stage: 'test' }, undefined],
  ])('ask for the tags of the resource %j and of the request %j', (ofResource, ofRequest, denial) => {
    const document = {
      Version: '1',
      Statement: [
        { ...statement, Condition: { StringEquals: { 'acs:ResourceTag/team': 'shop' } } },
        { ...statement, Effect: 'Deny', Condition: { StringEquals: { 'acs:RequestTag/stage': 'live' } } },
      ],
    }
    const policies = new Map([['1/p', { spec: { document } }]])
    const { authorizer } = identityOf(() => sourceOf({ policies }))
    const tags = {
      resourceTags: (resource: string) => (resource === asked[0]?.resource ? ofResource : undefined),
      requestTags: () => ofRequest,
    }
    const refusal = authorizer.refusal(user, asked, { ...facts, ...tags })
    expect(refusal?.details?.['denial']).toBe(denial)
  })

  test('of several accesses are refused by the first that is not allowed', () => {
    const { authorizer } = identityOf(sourceOf)
    const second = { action: 'ram:CreateUser', resource: 'acs:ram::1:user/x' }
    expect(authorizer.refusal(user, [...asked, second], facts)?.details).toMatchObject(second)
  })
})
