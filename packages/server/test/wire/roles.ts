/** A server of tests, as far as it takes requests of the platform's own API. */
interface Rest {
  readonly rest: (
    method: string,
    path: string,
    body?: unknown,
  ) => Promise<{ status: number; json: Record<string, unknown> }>
}

/** The trust policy of a role that a part of the platform may take on. */
export function trustOf(service: string): object {
  const statement = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: [service] } }
  return { Version: '1', Statement: [statement] }
}

export function allowing(
  ...Statement: readonly { readonly Action: string; readonly Resource?: string }[]
): object {
  return {
    document: {
      Version: '1',
      Statement: Statement.map(one => ({ Effect: 'Allow', Resource: '*', ...one })),
    },
  }
}

/** Writes a role that rules and streams may take on, and the policy of its name, which says what it may do. */
export async function putRole(
  { rest }: Rest,
  name: string,
  policy: object,
  trust: object = trustOf('eventbridge.aliyuncs.com'),
): Promise<void> {
  await must(rest('PUT', `/policies/${name}`, policy))
  await must(rest('PUT', `/roles/${name}`, { trust, policies: [name] }))
}

/** Makes a user with a policy of its name, and a key of it. */
export async function userKey(
  { rest }: Rest,
  name: string,
  policy: object,
): Promise<{ accessKeyId: string; accessKeySecret: string }> {
  await must(rest('PUT', `/policies/${name}`, policy))
  await must(rest('PUT', `/users/${name}`, { policies: [name] }))
  const { id, secret } = await must(rest('POST', `/users/${name}/keys`, {}))
  return { accessKeyId: String(id), accessKeySecret: String(secret) }
}

async function must(answer: ReturnType<Rest['rest']>): Promise<Record<string, unknown>> {
  const { status, json } = await answer
  if (status >= 300) throw new Error(`answered with ${status}: ${JSON.stringify(json)}`)
  return json
}
