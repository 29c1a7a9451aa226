/** Documents of accounts as they are meant in the goals: many users, each with policies of its own and of groups. */

const account = '1000000000000001'

/** As many statements as a large set of policies has, of which the last one decides. */
export function statements(count: number, offset = 0): object[] {
  return Array.from({ length: count }, (_, index) => {
    const number = index + offset
    return {
      Effect: number % 10 === 9 ? 'Deny' : 'Allow',
      Action: [`eventbridge:Put${number}*`, 'fc:Get*', `mns:Send${number}`],
      Resource: `acs:*:*:${account}:eventbus/bus-${number}/*`,
      ...(number % 5 === 0 ? { Condition: { IpAddress: { 'acs:SourceIp': '10.0.0.0/8' } } } : {}),
    }
  })
}

/** The statement that allows what is asked. */
export const decisive = {
  Effect: 'Allow',
  Action: 'eventbridge:PutEvents',
  Resource: `acs:eventbridge:*:${account}:eventbus/orders`,
}

export const asked = {
  action: 'eventbridge:PutEvents',
  resource: `acs:eventbridge:local:${account}:eventbus/orders`,
}

export interface Documents {
  readonly users: Map<string, unknown>
  readonly groups: Map<string, unknown>
  readonly roles: Map<string, unknown>
  readonly policies: Map<string, unknown>
  readonly accessKeys: Map<string, unknown>
}

/** One policy and one key for each user, and a policy and a trust policy for each role. */
export function documents(users: number, roles: number, seal: (text: string) => string): Documents {
  const made: Documents = {
    users: new Map(),
    groups: new Map(),
    roles: new Map(),
    policies: new Map(),
    accessKeys: new Map(),
  }
  const view = (name: string, spec: object) => ({
    account,
    name,
    key: `${account}/${name}`,
    spec,
    revision: 1,
    createdAtMs: 1,
    updatedAtMs: 1,
  })
  const policy = (name: string): void => {
    const document = { Version: '1', Statement: [...statements(3), decisive] }
    made.policies.set(`${account}/${name}`, view(name, { description: '', document }))
  }
  for (let index = 0; index < users; index++) {
    const name = `user-${index}`
    policy(name)
    made.users.set(`${account}/${name}`, view(name, { description: '', policies: [name], groups: [] }))
    const id = `MR${String(index).padStart(20, '0')}`
    made.accessKeys.set(id, {
      id,
      account,
      user: name,
      description: '',
      disabled: false,
      sealedSecret: seal(`${name}-secret-of-43-characters-as-they-are-made`),
      createdAtMs: 1,
      updatedAtMs: 1,
    })
  }
  for (let index = 0; index < roles; index++) {
    const name = `role-${index}`
    policy(name)
    const trust = {
      Version: '1',
      Statement: [
        { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { RAM: `acs:ram::${account}:root` } },
      ],
    }
    made.roles.set(
      `${account}/${name}`,
      view(name, { description: '', policies: [name], trust, sessionSecondsMax: 3_600 }),
    )
  }
  return made
}

export function principalOf(kind: 'user' | 'role', index: number) {
  const name = `${kind}-${index}`
  const actor =
    kind === 'user'
      ? ({ kind: 'user', name } as const)
      : ({ kind: 'session', role: name, session: 's', expiresAtMs: Infinity } as const)
  return { account, keyId: 'k', actor }
}
