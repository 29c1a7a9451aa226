import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { account, codeOf, startWireServer, type WireServer } from '../eventbridge/fixture.ts'
import { allowing, userKey } from '../roles.ts'
import { ramInterfaces } from '../../../src/http/ram/index.ts'
import { clientActions, type Members, type RamCall, ramClientOf, ramExercised } from './fixture.ts'

/** Users, roles and policies by the vendor's client, unmodified. */
let server: WireServer
let ram: RamCall
beforeAll(async () => {
  server = await startWireServer()
  ram = ramClientOf(server.url)
})
afterAll(() => server[Symbol.asyncDispose]())

const documentOf = (...actions: string[]): string =>
  JSON.stringify({ Version: '1', Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] })
const trust = (service: string): string =>
  JSON.stringify({
    Version: '1',
    Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: [service] } }],
  })

const refused = (ramInterfaces[0]?.actions ?? [])
  .filter(({ verdict }) => verdict === 'refused')
  .map(({ name }) => name)

const in18Digits = (first: number) => expect.stringMatching(new RegExp(`^${first}\\d{17}$`))
const aTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)

test('a user is made, told, changed and deleted', async () => {
  const made = await ram('CreateUser', { userName: 'alice', displayName: 'Alice', email: 'a@b.example' })
  expect(made).toMatchObject({
    requestId: expect.any(String),
    user: {
      userId: in18Digits(2),
      userName: 'alice',
      displayName: 'Alice',
      email: 'a@b.example',
      createDate: aTime,
    },
  })
  await ram('UpdateUser', { userName: 'alice', newComments: 'of the shop', newDisplayName: 'Alice B' })
  expect(await ram('GetUser', { userName: 'alice' })).toMatchObject({
    user: { comments: 'of the shop', displayName: 'Alice B', email: 'a@b.example' },
  })
  expect(await codeOf(ram('CreateUser', { userName: 'alice' }))).toBe('EntityAlreadyExists.User')
  expect(await codeOf(ram('UpdateUser', { userName: 'alice', newUserName: 'b' }))).toBe(
    'InvalidParameter.NewUserName',
  )
  await ram('DeleteUser', { userName: 'alice' })
  expect(await codeOf(ram('GetUser', { userName: 'alice' }))).toBe('EntityNotExist.User')
})

test('lists go page by page', async () => {
  for (const name of ['p1', 'p2', 'p3']) await ram('CreateUser', { userName: name })
  const seen: unknown[] = []
  let marker: unknown
  do {
    const page = await ram('ListUsers', { maxItems: 2, ...(marker === undefined ? {} : { marker }) })
    seen.push(...(page['users'] as { user: { userName: string }[] }).user.map(({ userName }) => userName))
    marker = page['isTruncated'] === true ? page['marker'] : undefined
  } while (marker !== undefined)
  expect(seen).toEqual(['p1', 'p2', 'p3'])
  expect(await codeOf(ram('ListUsers', { maxItems: 1_001 }))).toBe('InvalidParameter.MaxItems')
})

test('a key is made, works with what its user was given, and is refused when it is not active', async () => {
  await ram('CreateUser', { userName: 'ci' })
  await ram('AttachPolicyToUser', { userName: 'ci', policyType: 'System', policyName: 'ReadOnlyAccess' })
  const { accessKey } = (await ram('CreateAccessKey', { userName: 'ci' })) as {
    accessKey: Record<string, string>
  }
  const { accessKeyId = '', accessKeySecret = '' } = accessKey
  expect(accessKey).toMatchObject({ status: 'Active', createDate: aTime })
  const own = ramClientOf(server.url, { accessKeyId, accessKeySecret })
  expect(await own('ListAccessKeys')).toMatchObject({
    accessKeys: { accessKey: [{ accessKeyId, status: 'Active' }] },
  })
  expect(await codeOf(own('CreateAccessKey'))).toBe('NoPermission')

  const key = { userName: 'ci', userAccessKeyId: accessKeyId }
  expect(await codeOf(ram('DeleteUser', { userName: 'ci' }))).toBe('DeleteConflict.User.AccessKey')
  await ram('UpdateAccessKey', { ...key, status: 'Inactive' })
  expect(await codeOf(own('ListAccessKeys'))).toBe('InvalidAccessKeyId.Inactive')
  await ram('DeleteAccessKey', key)
  expect(await codeOf(ram('DeleteAccessKey', key))).toBe('EntityNotExist.User.AccessKey')
  expect(await codeOf(ram('DeleteUser', { userName: 'ci' }))).toBe('DeleteConflict.User.Policy')
  expect(await codeOf(ram('ListAccessKeys'))).toBe('MissingParameter')
})

test('a user has what its groups have', async () => {
  await ram('CreateUser', { userName: 'bob' })
  await ram('CreateGroup', { groupName: 'readers', comments: 'who reads' })
  await ram('UpdateGroup', { groupName: 'readers', newComments: 'who only reads' })
  expect(await ram('GetGroup', { groupName: 'readers' })).toMatchObject({
    group: { groupName: 'readers', comments: 'who only reads', groupId: in18Digits(4) },
  })
  const membership = { userName: 'bob', groupName: 'readers' }
  await ram('AddUserToGroup', membership)
  expect(await codeOf(ram('AddUserToGroup', membership))).toBe('EntityAlreadyExists.User.Group')
  await ram('AttachPolicyToGroup', {
    groupName: 'readers',
    policyType: 'System',
    policyName: 'ReadOnlyAccess',
  })
  expect(await ram('ListGroupsForUser', { userName: 'bob' })).toMatchObject({
    groups: { group: [{ groupName: 'readers' }] },
  })
  expect(await ram('ListUsersForGroup', { groupName: 'readers' })).toMatchObject({
    users: { user: [{ userName: 'bob' }] },
  })
  expect(await ram('ListGroups')).toMatchObject({ groups: { group: [{ groupName: 'readers' }] } })
  const caller = (await ram('CreateAccessKey', { userName: 'bob' })) as { accessKey: Record<string, string> }
  const { accessKeyId = '', accessKeySecret = '' } = caller.accessKey
  const bob = ramClientOf(server.url, { accessKeyId, accessKeySecret })
  expect(await bob('ListPoliciesForGroup', { groupName: 'readers' })).toMatchObject({
    policies: { policy: [{ policyName: 'ReadOnlyAccess', policyType: 'System' }] },
  })

  expect(await codeOf(ram('DeleteGroup', { groupName: 'readers' }))).toBe('DeleteConflict.Group.User')
  await ram('RemoveUserFromGroup', membership)
  expect(await codeOf(ram('RemoveUserFromGroup', membership))).toBe('EntityNotExist.User.Group')
  expect(await codeOf(bob('ListPoliciesForGroup', { groupName: 'readers' }))).toBe('NoPermission')
  expect(await codeOf(ram('DeleteGroup', { groupName: 'readers' }))).toBe('DeleteConflict.Group.Policy')
  await ram('DetachPolicyFromGroup', {
    groupName: 'readers',
    policyType: 'System',
    policyName: 'ReadOnlyAccess',
  })
  await ram('DeleteGroup', { groupName: 'readers' })
  expect(await codeOf(ram('GetGroup', { groupName: 'readers' }))).toBe('EntityNotExist.Group')
})

test('a role is made with its trust, and is one that rules can act by', async () => {
  const roleName = 'courier'
  const { role } = await ram('CreateRole', {
    roleName,
    assumeRolePolicyDocument: trust('fc.aliyuncs.com'),
    maxSessionDuration: 7_200,
  })
  expect(role).toMatchObject({
    roleId: in18Digits(3),
    arn: `acs:ram::${account}:role/courier`,
    maxSessionDuration: 7_200,
    assumeRolePolicyDocument: trust('fc.aliyuncs.com'),
  })
  await ram('UpdateRole', {
    roleName,
    newAssumeRolePolicyDocument: trust('eventbridge.aliyuncs.com'),
    newDescription: 'brings',
  })
  await ram('AttachPolicyToRole', { roleName, policyType: 'System', policyName: 'AliyunMNSFullAccess' })
  expect(await ram('ListPoliciesForRole', { roleName })).toMatchObject({
    policies: { policy: [{ policyName: 'AliyunMNSFullAccess' }] },
  })
  expect(await ram('ListRoles')).toMatchObject({ roles: { role: [{ roleName, description: 'brings' }] } })
  await server.rest('PUT', '/buses/orders', {})
  await server.rest('PUT', '/queues/jobs', {})
  const targets = [{ id: 't', sink: { queue: 'jobs' } }]
  const rule = await server.rest('PUT', '/buses/orders/rules/r', { pattern: {}, role: roleName, targets })
  expect(rule.status).toBe(201)
  expect(await ram('GetRole', { roleName })).toMatchObject({ role: { roleName, description: 'brings' } })
  expect((await server.rest('DELETE', '/buses/orders/rules/r')).json).toEqual({})

  expect(await codeOf(ram('DeleteRole', { roleName }))).toBe('DeleteConflict.Role.Policy')
  await ram('DetachPolicyFromRole', { roleName, policyType: 'System', policyName: 'AliyunMNSFullAccess' })
  await ram('DeleteRole', { roleName })
  expect(await codeOf(ram('GetRole', { roleName }))).toBe('EntityNotExist.Role')
})

describe('policies', () => {
  const policyName = 'publish'
  const custom = { policyType: 'Custom', policyName }

  test('are in force for whoever has them, by the version that is the default', async () => {
    const made = await ram('CreatePolicy', {
      policyName,
      policyDocument: documentOf('eventbridge:Get*'),
      description: 'first',
    })
    expect(made).toMatchObject({
      policy: { policyName, policyType: 'Custom', defaultVersion: 'v1', createDate: aTime },
    })
    const key = await userKey(server, 'reader', allowing({ Action: 'mns:ListQueue' }))
    const reader = ramClientOf(server.url, key)
    await ram('AttachPolicyToUser', { userName: 'reader', ...custom })
    expect(await codeOf(ram('AttachPolicyToUser', { userName: 'reader', ...custom }))).toBe(
      'EntityAlreadyExists.User.Policy',
    )
    expect(await ram('ListPoliciesForUser', { userName: 'reader' })).toMatchObject({
      policies: { policy: [{ policyName: 'reader' }, { policyName, defaultVersion: 'v1' }] },
    })
    expect(await ram('ListEntitiesForPolicy', custom)).toMatchObject({
      users: { user: [{ userName: 'reader' }] },
      groups: { group: [] },
      roles: { role: [] },
    })
    expect(await codeOf(reader('ListRoles'))).toBe('NoPermission')

    const policyDocument = documentOf('ram:ListRoles')
    expect(await ram('CreatePolicyVersion', { policyName, policyDocument })).toMatchObject({
      policyVersion: { versionId: 'v2', isDefaultVersion: false },
    })
    expect(await codeOf(reader('ListRoles'))).toBe('NoPermission')
    await ram('SetDefaultPolicyVersion', { policyName, versionId: 'v2' })
    expect(await codeOf(reader('ListRoles'))).toBeUndefined()
    expect(await ram('GetPolicy', custom)).toMatchObject({
      policy: { defaultVersion: 'v2', attachmentCount: 1, description: 'first', policyDocument },
      defaultPolicyVersion: { versionId: 'v2', isDefaultVersion: true, policyDocument },
    })
    await ram('SetDefaultPolicyVersion', { policyName, versionId: 'v1' })
    expect(await codeOf(reader('ListRoles'))).toBe('NoPermission')
  })

  test('have five versions at most, none deleted that is in force, and no number twice', async () => {
    const add = (further: Members = {}) =>
      ram('CreatePolicyVersion', { policyName, policyDocument: documentOf('fc:Get*'), ...further })
    for (let number = 3; number <= 5; number++) await add()
    expect(await codeOf(add())).toBe('LimitExceeded.Policy.Version')
    expect(
      await add({ rotateStrategy: 'DeleteOldestNonDefaultVersionWhenLimitExceeded', setAsDefault: true }),
    ).toMatchObject({
      policyVersion: { versionId: 'v6', isDefaultVersion: true },
    })
    expect(await codeOf(ram('DeletePolicyVersion', { policyName, versionId: 'v6' }))).toBe(
      'DeleteConflict.Policy.Version.Default',
    )
    await ram('DeletePolicyVersion', { policyName, versionId: 'v5' })
    const { policyVersions } = (await ram('ListPolicyVersions', custom)) as {
      policyVersions: { policyVersion: { versionId: string }[] }
    }
    expect(policyVersions.policyVersion.map(({ versionId }) => versionId)).toEqual(['v1', 'v3', 'v4', 'v6'])
    expect(await codeOf(ram('GetPolicyVersion', { ...custom, versionId: 'v5' }))).toBe(
      'EntityNotExist.Policy.Version',
    )
    expect(await ram('GetPolicyVersion', { ...custom, versionId: 'v3' })).toMatchObject({
      policyVersion: { policyDocument: documentOf('fc:Get*') },
    })
  })

  test('that change by another interface have a version more', async () => {
    const document = JSON.parse(documentOf('mns:*')) as object
    await server.rest('PUT', `/policies/${policyName}`, { document })
    expect(await ram('GetPolicy', custom)).toMatchObject({
      policy: { defaultVersion: 'v7', policyDocument: documentOf('mns:*') },
    })
  })

  test('go when nobody has them and one version is left, or when they are said to go with all', async () => {
    await ram('UpdatePolicyDescription', { policyName, newDescription: 'last' })
    expect(await codeOf(ram('DeletePolicy', { policyName }))).toBe('DeleteConflict.Policy.User')
    await ram('DetachPolicyFromUser', { userName: 'reader', ...custom })
    expect(await codeOf(ram('DetachPolicyFromUser', { userName: 'reader', ...custom }))).toBe(
      'EntityNotExist.User.Policy',
    )
    expect(await codeOf(ram('DeletePolicy', { policyName }))).toBe('DeleteConflict.Policy.Version')
    await ram('AttachPolicyToUser', { userName: 'reader', ...custom })
    await ram('DeletePolicy', { policyName, cascadingDelete: true })
    expect(await codeOf(ram('GetPolicy', custom))).toBe('EntityNotExist.Policy')
    expect((await server.rest('GET', '/users/reader')).json['spec']).toMatchObject({ policies: ['reader'] })
  })

  test('of the system are listed, shown, and cannot be made', async () => {
    const system = { policyType: 'System', policyName: 'AdministratorAccess' }
    expect(await ram('ListPolicies', { policyType: 'System', maxItems: 1 })).toMatchObject({
      policies: { policy: [{ policyName: 'AdministratorAccess', policyType: 'System', attachmentCount: 0 }] },
      isTruncated: true,
    })
    expect(await ram('GetPolicy', system)).toMatchObject({ defaultPolicyVersion: { versionId: 'v1' } })
    expect(await ram('ListPolicyVersions', system)).toMatchObject({
      policyVersions: { policyVersion: [{ versionId: 'v1' }] },
    })
    const made = ram('CreatePolicy', { policyName: 'AdministratorAccess', policyDocument: documentOf('*') })
    expect(await codeOf(made)).toBe('EntityAlreadyExists.Policy')
    expect(await codeOf(ram('GetPolicy', { ...system, policyType: 'Custom' }))).toBe('EntityNotExist.Policy')
  })

  test.each([
    ['that is no JSON', '{', 'MalformedPolicyDocument'],
    [
      'with a member that is there twice',
      '{"Version":"1","Version":"1","Statement":[]}',
      'MalformedPolicyDocument',
    ],
    [
      'with a member that nobody knows',
      documentOf('fc:*').replace('Resource', 'Resources'),
      'MalformedPolicyDocument',
    ],
    ['that is too long', documentOf('x'.repeat(7_000)), 'InvalidParameter.PolicyDocument.Length'],
  ])('with a document %s are refused', async (_what, policyDocument, code) => {
    expect(await codeOf(ram('CreatePolicy', { policyName: 'bad', policyDocument }))).toBe(code)
  })
})

test('who may not put a version in force cannot do so by making one', async () => {
  const key = await userKey(
    server,
    'editor',
    allowing({ Action: 'ram:CreatePolicyVersion' }, { Action: 'ram:*Get*' }),
  )
  const editor = ramClientOf(server.url, key)
  await ram('CreatePolicy', { policyName: 'edited', policyDocument: documentOf('fc:*') })
  const version = { policyName: 'edited', policyDocument: documentOf('*') }
  expect(await codeOf(editor('CreatePolicyVersion', version))).toBeUndefined()
  expect(await codeOf(editor('CreatePolicyVersion', { ...version, setAsDefault: true }))).toBe('NoPermission')
  expect(await codeOf(editor('SetDefaultPolicyVersion', { policyName: 'edited', versionId: 'v2' }))).toBe(
    'NoPermission',
  )
})

test.each([
  ['a name with other letters', 'CreateUser', { userName: 'a b' }, 'InvalidParameter.UserName.InvalidChars'],
  [
    'a name that is too long',
    'CreateUser',
    { userName: 'a'.repeat(128) },
    'InvalidParameter.UserName.Length',
  ],
  ['no name', 'CreateRole', { assumeRolePolicyDocument: trust('fc.aliyuncs.com') }, 'MissingParameter'],
  ['no trust', 'CreateRole', { roleName: 'r' }, 'MissingParameter'],
  ['a policy of no type', 'GetPolicy', { policyType: 'Own', policyName: 'x' }, 'InvalidParameter.PolicyType'],
  [
    'a session that is too short',
    'CreateRole',
    { roleName: 'r', assumeRolePolicyDocument: trust('x.aliyuncs.com'), maxSessionDuration: 60 },
    'InvalidParameter.MaxSessionDuration',
  ],
  [
    'a policy that is not there',
    'AttachPolicyToUser',
    { userName: 'p1', policyType: 'Custom', policyName: 'none' },
    'EntityNotExist.Policy',
  ],
  [
    'a user that is not there',
    'AddUserToGroup',
    { userName: 'none', groupName: 'none' },
    'EntityNotExist.User',
  ],
] as const)('%s is refused', async (_what, action, members, code) => {
  expect(await codeOf(ram(action, members))).toBe(code)
})

test('the table of actions tells what becomes of each', async () => {
  for (const action of refused) expect(await codeOf(ram(action)), action).toBe('InvalidAction.NotFound')
  expect(ramExercised.contradictions(clientActions)).toEqual([])
})
