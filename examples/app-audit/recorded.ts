/** Calls in the accounts of two subsidiaries, as their trails have recorded them: what a collector publishes to the bus `audit`. */
const accounts = { north: '2000000000000002', south: '3000000000000003' }

interface Recorded {
  readonly id: string
  readonly product: string
  readonly family?: 'ApiCall' | 'ConsoleOperation'
  readonly account: string
  readonly name: string
  readonly identity: { readonly type: string; readonly userName: string }
  readonly address: string
  readonly parameters?: Readonly<Record<string, unknown>>
}

const root = { type: 'root-account', userName: 'root' }
const user = (userName: string) => ({ type: 'ram-user', userName })
const all = JSON.stringify({ Version: '1', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] })

const recorded: readonly Recorded[] = [
  {
    id: 'north-1',
    product: 'ecs',
    account: accounts.north,
    name: 'StartInstance',
    identity: user('ops'),
    address: '10.0.0.4',
  },
  {
    id: 'north-2',
    product: 'ecs',
    account: accounts.north,
    name: 'DeleteDisk',
    identity: { type: 'system', userName: 'ecs.aliyuncs.com' },
    address: 'ecs.aliyuncs.com',
  },
  {
    id: 'north-3',
    product: 'aas',
    family: 'ConsoleOperation',
    account: accounts.north,
    name: 'ConsoleSignin',
    identity: root,
    address: '10.0.0.9',
  },
  {
    id: 'north-4',
    product: 'ram',
    account: accounts.north,
    name: 'CreatePolicyVersion',
    identity: user('ops'),
    address: '10.0.0.4',
    parameters: { PolicyName: 'ops', PolicyDocument: all },
  },
  {
    id: 'south-1',
    product: 'oss',
    account: accounts.south,
    name: 'PutBucketAcl',
    identity: user('web'),
    address: '203.0.113.9',
  },
  {
    id: 'south-2',
    product: 'ram',
    account: accounts.south,
    name: 'CreateAccessKey',
    identity: user('web'),
    address: '198.51.100.7',
    parameters: { UserName: 'web' },
  },
  {
    id: 'south-3',
    product: 'ram',
    account: accounts.south,
    name: 'AttachPolicyToUser',
    identity: user('ops'),
    address: '10.1.0.1',
    parameters: { PolicyName: 'AliyunOSSReadOnlyAccess' },
  },
]

export const recordedCalls = recorded.map(
  ({ id, product, family = 'ApiCall', account, name, identity, address, parameters = {} }) => ({
    id,
    source: `acs.${product}`,
    type: `${product}:ActionTrail:${family}`,
    subject: `acs:${product}:cn-hangzhou:${account}:*`,
    data: {
      eventId: id,
      eventVersion: 1,
      eventName: name,
      eventType: family,
      eventRW: 'Write',
      serviceName: product,
      sourceIpAddress: address,
      userIdentity: { ...identity, accountId: account },
      requestParameters: parameters,
    },
  }),
)
