import { createRequire } from 'node:module'
import type popCore from '@alicloud/pop-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  accessKeyId,
  accessKeySecret,
  account,
  codeOf,
  startWireServer,
  type WireServer,
} from '../eventbridge/fixture.ts'
import { allowing, userKey } from '../roles.ts'

type Members = Record<string, unknown>

/** The client that programs of before 2023 are built over: it signs parameters, in the query or in a form. */
const { RPCClient } = createRequire(import.meta.url)('@alicloud/pop-core') as {
  RPCClient: typeof popCore
}

let server: WireServer
let key: { accessKeyId: string; accessKeySecret: string }
beforeAll(async () => {
  server = await startWireServer()
  key = await userKey(server, 'ci', allowing({ Action: 'sts:AssumeRole' }, { Action: 'ram:GetUser' }))
  const trust = {
    Version: '1',
    Statement: [
      { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { RAM: `acs:ram::${account}:user/ci` } },
    ],
  }
  await server.rest('PUT', '/roles/lab', { trust, policies: ['ReadOnlyAccess'] })
})
afterAll(() => server[Symbol.asyncDispose]())

const versions = { sts: '2015-04-01', ram: '2015-05-01' }

describe.each(['GET', 'POST'])('by %s', method => {
  const call = (
    service: keyof typeof versions,
    action: string,
    members: Members = {},
    settings: Record<string, string> = {},
  ) => {
    const client = new RPCClient({
      accessKeyId,
      accessKeySecret,
      endpoint: server.url,
      apiVersion: versions[service],
      ...settings,
    })
    return client.request<Members>(action, members, { method })
  }

  test('a caller learns who it is', async () => {
    expect(await call('sts', 'GetCallerIdentity')).toMatchObject({
      RequestId: expect.any(String),
      Arn: `acs:ram::${account}:root`,
    })
  })

  test('a user takes on a role, and its token goes with what follows', async () => {
    const members = {
      RoleArn: `acs:ram::${account}:role/lab`,
      RoleSessionName: 'a b*~!'.replaceAll(/[^a-z]/g, '-'),
    }
    const { Credentials } = await call('sts', 'AssumeRole', members, key)
    const { AccessKeyId, AccessKeySecret, SecurityToken } = Credentials as Record<string, string>
    const session = {
      accessKeyId: AccessKeyId ?? '',
      accessKeySecret: AccessKeySecret ?? '',
      securityToken: SecurityToken ?? '',
    }
    expect(await call('sts', 'GetCallerIdentity', {}, session)).toMatchObject({
      IdentityType: 'AssumedRoleUser',
    })
    expect(await call('ram', 'ListUsers', {}, session)).toMatchObject({
      Users: { User: [{ UserName: 'ci' }] },
    })
    const { securityToken: _token, ...bare } = session
    expect(await codeOf(call('sts', 'GetCallerIdentity', {}, bare))).toBe('MissingSecurityToken')
  })

  test('policies with all kinds of letters are managed', async () => {
    const PolicyName = `read-${method}`
    const PolicyDocument = JSON.stringify({
      Version: '1',
      Statement: [
        {
          Effect: 'Allow',
          Action: 'fc:Get*',
          Resource: 'acs:fc:*:*:functions/größe (1)~!'.replaceAll(' ', ''),
        },
      ],
    })
    await call('ram', 'CreatePolicy', {
      PolicyName,
      PolicyDocument,
      Description: "it's a test: größe & more + (50%)",
    })
    expect(await call('ram', 'GetPolicy', { PolicyName, PolicyType: 'Custom' })).toMatchObject({
      Policy: { PolicyDocument, Description: "it's a test: größe & more + (50%)" },
    })
  })

  test.each([
    ['with a wrong secret', 'sts', { accessKeySecret: 'wrong' }, 'SignatureDoesNotMatch'],
    ['of a key that is not there', 'sts', { accessKeyId: 'none' }, 'InvalidAccessKeyId.NotFound'],
    ['of an action that is not there', 'ram', {}, 'InvalidAction.NotFound'],
    ['of another version', 'ram', { apiVersion: '2014-05-26' }, 'InvalidVersion'],
  ] as const)('a call %s is refused', async (_what, service, settings, code) => {
    expect(await codeOf(call(service, 'Dance', {}, settings))).toBe(code)
  })

  test('what no policy allows is refused with what it was about', async () => {
    const refused = call('ram', 'CreateUser', { UserName: 'x' }, key)
    await expect(refused).rejects.toMatchObject({
      code: 'NoPermission',
      data: { AccessDeniedDetail: { AuthAction: 'ram:CreateUser', NoPermissionType: 'ImplicitDeny' } },
    })
    expect(await call('ram', 'GetUser', { UserName: 'ci' }, key)).toMatchObject({ User: { UserName: 'ci' } })
  })
})

test('a request that nobody has signed is refused, in the query and in a form', async () => {
  const unsigned = await fetch(`${server.url}/?Action=ListUsers&Version=2015-05-01&SignatureVersion=1.0`)
  expect([unsigned.status, await unsigned.json()]).toMatchObject([400, { Code: 'MissingAccessKeyId' }])
  const body = new URLSearchParams({ Action: 'ListUsers', Version: '2015-05-01' })
  const form = await fetch(`${server.url}/`, { method: 'POST', body })
  expect([form.status, await form.json()]).toMatchObject([400, { Code: 'MissingAccessKeyId' }])
})
