import type { Claimed } from './refusals.ts'

const account = '1000000000000001'

/** Keys and tokens that exist, and the same altered: as long, and of nobody. */
export interface ClaimedKeys {
  readonly existing: Claimed
  readonly missing: Claimed
  readonly session: Claimed
  /** A session whose role is gone. */
  readonly ended: Claimed
  readonly altered: Claimed
}

/** Makes a user with a key and a session of a role on a server. */
export async function claimed(url: string, rootToken: string): Promise<ClaimedKeys> {
  const call = async (
    method: string,
    path: string,
    body: object | undefined,
    token = rootToken,
  ): Promise<Texts> => {
    const response = await fetch(`${url}/api/v1/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${text}`)
    return JSON.parse(text === '' ? '{}' : text) as Texts
  }
  await call('PUT', 'users/ada', { policies: ['AliyunSTSAssumeRoleAccess'] })
  const statement = {
    Effect: 'Allow',
    Action: 'sts:AssumeRole',
    Principal: { RAM: `acs:ram::${account}:user/ada` },
  }
  const { id = '', secret = '' } = await call('POST', 'users/ada/keys', {})
  const sessionOf = async (role: string): Promise<Required<Claimed>> => {
    await call('PUT', `roles/${role}`, { trust: { Version: '1', Statement: [statement] } })
    const path = `roles/${role}/sessions`
    const made = await call('POST', path, { session: 'ada' }, `${id}.${secret}`)
    return { keyId: made['accessKeyId'] ?? '', token: made['securityToken'] ?? '' }
  }
  const session = await sessionOf('deploy')
  const ended = await sessionOf('undone')
  await call('DELETE', 'roles/undone', undefined)
  return {
    existing: { keyId: id },
    missing: { keyId: altered(id) },
    session,
    ended,
    altered: { keyId: session.keyId, token: altered(session.token) },
  }
}

type Texts = Readonly<Record<string, string>>

/** Another character in the middle. */
function altered(text: string): string {
  const middle = Math.floor(text.length / 2)
  return `${text.slice(0, middle)}${text[middle] === 'A' ? 'B' : 'A'}${text.slice(middle + 1)}`
}
