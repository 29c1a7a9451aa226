import { createRequire } from 'node:module'
import type openApi from '@alicloud/openapi-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  accessKeyId,
  accessKeySecret,
  account,
  startWireServer,
  type WireServer,
} from '../eventbridge/fixture.ts'
import { rpcClient } from '../eventbridge/rpc-client.ts'
import { Exercised } from '../exercised.ts'
import { compatibleInterfaces } from '../../../src/http/sts/index.ts'

/** Loaded as its users' programs do, so that no bundler's idea of a default export comes in between. */
const core = createRequire(import.meta.url)('@alicloud/openapi-core') as typeof openApi

type Settings = Readonly<Record<string, string>>
type Members = Record<string, unknown>

const [table] = compatibleInterfaces
if (table === undefined) throw new Error('this interface has no table')
const exercised = new Exercised(table, 'InvalidAction.NotFound')

let server: WireServer
let user: Settings
beforeAll(async () => {
  server = await startWireServer()
  const statement = {
    Effect: 'Allow',
    Action: ['sts:AssumeRole', 'eventbridge:ListEventBuses'],
    Resource: '*',
  }
  await put('policies/assume', { document: { Version: '1', Statement: [statement] } })
  await put('users/ci', { policies: ['assume'] })
  const trust = {
    Version: '1',
    Statement: [
      { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { RAM: `acs:ram::${account}:user/ci` } },
    ],
  }
  await put('roles/lab', { trust, policies: ['AliyunEventBridgeReadOnlyAccess'] })
  const key = await rest('POST', 'users/ci/keys', {})
  user = { accessKeyId: String(key['id']), accessKeySecret: String(key['secret']) }
})
afterAll(() => server[Symbol.asyncDispose]())

async function rest(method: string, path: string, body: object): Promise<Members> {
  const response = await fetch(`${server.url}/api/v1/${path}`, {
    method,
    headers: {
      authorization: `Bearer ${accessKeyId}.${accessKeySecret}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
  })
  return (await response.json()) as Members
}

const put = (path: string, spec: object): Promise<Members> => rest('PUT', path, spec)

/** A call as the vendor's clients make it, which are generated over this core. */
async function sts(settings: Settings, action: string, query: Settings = {}): Promise<Members> {
  const config = new core.$OpenApiUtil.Config({
    endpoint: new URL(server.url).host,
    protocol: 'HTTP',
    ...settings,
  })
  const params = new core.$OpenApiUtil.Params({
    action,
    version: '2015-04-01',
    protocol: 'HTTP',
    pathname: '/',
    method: 'POST',
    authType: 'AK',
    style: 'RPC',
    reqBodyType: 'formData',
    bodyType: 'json',
  })
  const request = new core.$OpenApiUtil.OpenApiRequest({ query: { ...query } })
  const call = (): Promise<Members> => new core.default(config).callApi(params, request, {} as never)
  const answer = await exercised.note(action, call)
  return answer['body'] as Members
}

const lab = { RoleArn: `acs:ram::${account}:role/lab`, RoleSessionName: 'alice' }
const root = { accessKeyId, accessKeySecret }

async function refusalOf(call: Promise<unknown>): Promise<{ code: string; detail: Members | undefined }> {
  try {
    await call
  } catch (thrown) {
    const { code, accessDeniedDetail } = thrown as { code: string; accessDeniedDetail?: Members }
    return { code, detail: accessDeniedDetail }
  }
  return { code: 'none', detail: undefined }
}

test('a user takes on a role, and every further request is signed with what it got', async () => {
  const { Credentials, AssumedRoleUser, RequestId } = await sts(user, 'AssumeRole', lab)
  expect(RequestId).toEqual(expect.any(String))
  expect(AssumedRoleUser).toEqual({
    Arn: `acs:ram::${account}:role/lab/alice`,
    AssumedRoleId: expect.stringMatching(/^3\d{17}:alice$/),
  })
  const { AccessKeyId, AccessKeySecret, SecurityToken, Expiration } = Credentials as Record<string, string>
  expect(AccessKeyId).toMatch(/^STS\./)
  expect(SecurityToken).toMatch(/^[A-Za-z0-9+/=]{1,4096}$/)
  expect(Expiration).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  const session = {
    accessKeyId: String(AccessKeyId),
    accessKeySecret: String(AccessKeySecret),
    securityToken: String(SecurityToken),
  }
  expect(await sts(session, 'GetCallerIdentity')).toMatchObject({
    IdentityType: 'AssumedRoleUser',
    AccountId: account,
    Arn: `acs:ram::${account}:assumed-role/lab/alice`,
  })
  const call = rpcClient(server, session)
  expect(await call('ListEventBuses', { Limit: 10 })).toHaveProperty('Data')
  const refused = await refusalOf(call('CreateEventBus', { EventBusName: 'mine' }))
  expect(refused).toEqual({
    code: 'NoPermission',
    detail: {
      AuthAction: 'eventbridge:CreateEventBus',
      AuthPrincipalType: 'AssumedRoleUser',
      AuthPrincipalOwnerId: account,
      AuthPrincipalDisplayName: 'lab:alice',
      NoPermissionType: 'ImplicitDeny',
      PolicyType: 'AccountLevelIdentityBasedPolicy',
    },
  })
})

test('callers are told who they are', async () => {
  expect(await sts(root, 'GetCallerIdentity')).toMatchObject({
    IdentityType: 'Account',
    Arn: `acs:ram::${account}:root`,
  })
  const { UserId, PrincipalId, IdentityType } = await sts(user, 'GetCallerIdentity')
  expect([IdentityType, UserId]).toEqual(['RAMUser', PrincipalId])
  expect(UserId).toMatch(/^2\d{17}$/)
})

test.each<[string, Settings, string]>([
  ['a role that is none', { ...lab, RoleArn: 'lab' }, 'InvalidParameter.RoleArn'],
  [
    'a name of the session that is none',
    { ...lab, RoleSessionName: 'a' },
    'InvalidParameter.RoleSessionName',
  ],
  ['too short a time', { ...lab, DurationSeconds: '899' }, 'InvalidParameter.DurationSeconds'],
  ['too long a time', { ...lab, DurationSeconds: '3601' }, 'InvalidParameter.DurationSeconds'],
  ['a policy that is none', { ...lab, Policy: '{}' }, 'InvalidParameter.PolicyGrammar'],
  ['too long a policy', { ...lab, Policy: ' '.repeat(2_049) }, 'InvalidParameter.PolicySize'],
  ['a role that is not there', { ...lab, RoleArn: `acs:ram::${account}:role/none` }, 'NoPermission'],
])('%s is refused', async (_what, query, code) => {
  expect((await refusalOf(sts(user, 'AssumeRole', query))).code).toBe(code)
})

test('keys and tokens that do not count are told apart', async () => {
  const code = async (settings: Settings) => (await refusalOf(sts(settings, 'GetCallerIdentity'))).code
  expect(await code({ ...root, accessKeyId: 'nobody' })).toBe('InvalidAccessKeyId.NotFound')
  expect(await code({ ...root, accessKeySecret: 'wrong' })).toBe('SignatureDoesNotMatch')
  expect(await code({ ...root, securityToken: 'CAISxx' })).toBe('InvalidSecurityToken.MismatchWithAccessKey')
  expect(await code({ ...root, accessKeyId: 'STS.x', securityToken: 'CAISxx' })).toBe(
    'InvalidSecurityToken.Malformed',
  )
  // The key of an account would lose rights by it, and cannot.
  expect((await refusalOf(sts(root, 'AssumeRole', lab))).code).toBe('NoPermission')
})

test('the table of actions tells what is so', async () => {
  for (const action of ['AssumeRoleWithSAML', 'AssumeRoleWithOIDC']) {
    expect((await refusalOf(sts(root, action))).code).toBe('InvalidAction.NotFound')
  }
  expect(exercised.contradictions([])).toEqual([])
})
