import { expect, test } from 'vitest'
import { apiCallData, type EndedCall } from './api-call.ts'

const call: EndedCall = {
  id: 'i',
  atMs: 0,
  endedAtMs: 0,
  region: 'local',
  account: '1',
  actor: { kind: 'root' },
  keyId: 'k',
  accesses: [{ action: 'fc:CreateFunction', resource: '*' }],
  isRead: false,
  requestId: undefined,
  apiVersion: undefined,
  host: undefined,
  isSecure: false,
  peer: '127.0.0.1',
  userAgent: undefined,
  parameters: {},
  status: 200,
  refusal: undefined,
}

test.each([
  ['eventbridge', 'acs:eventbridge:local:1:eventbus/shop', 'ACS::EventBridge::EventBus', 'shop'],
  ['eventbridge', 'acs:eventbridge:local:1:eventbus/shop/rule/big', 'ACS::EventBridge::Rule', 'big'],
  ['fc', 'acs:fc:local:1:functions/work/versions', 'ACS::FC::Function', 'work'],
  ['fc', 'acs:fc:local:1:functions/work/versions/*', 'ACS::FC::Function', 'work'],
  ['fc', 'acs:fc:local:1:functions/work/versions/3', 'ACS::FC::Version', '3'],
  ['mns', 'acs:mns:local:1:/queues/jobs', 'ACS::MNS::Queue', 'jobs'],
  ['log', 'acs:log:local:1:project/p/logstore/l', 'ACS::Sls::LogStore', 'l'],
  ['ram', 'acs:ram::1:user/alice', 'ACS::Ram::User', 'alice'],
])('of %s, %s is named by its kind and name', (product, resource, type, name) => {
  const data = apiCallData({ ...call, accesses: [{ action: `${product}:Do`, resource }] })
  expect(data).toMatchObject({
    resourceType: type,
    resourceName: name,
    referencedResources: { [type]: [name] },
  })
})

test.each(['*', 'acs:fc:local:1:functions/*', 'acs:ram::1:root', 'acs:mns:local:1:/queues'])(
  '%s names no resource',
  resource => {
    const data = apiCallData({ ...call, accesses: [{ action: 'fc:Do', resource }] })
    expect(data.referencedResources).toEqual({})
    expect(data.resourceName).toBeUndefined()
  },
)

test('what gives rights or deletes is marked, and a caller who left is told as one whose end is not known', () => {
  const attributes = (action: string) =>
    apiCallData({ ...call, accesses: [{ action, resource: '*' }] }).eventAttributes
  for (const action of ['ram:CreateUser', 'sts:AssumeRole', 'fc:DeleteFunction'])
    expect(attributes(action)).toEqual({ SensitiveAction: 'true' })
  expect(attributes('fc:CreateFunction')).toBeUndefined()
  const left = apiCallData({ ...call, status: undefined, refusal: { code: 'http.499', message: 'left' } })
  expect(left).toMatchObject({ errorCode: 'http.499', errorMessage: 'left', responseElements: {} })
})
