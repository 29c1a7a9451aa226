import { hash } from 'node:crypto'
import { busKey, type Snapshot } from '../resources/index.ts'

/** The numeric ids of users, groups and roles, which interfaces of the RPC style show (identity section 1). */
export function userId({ users }: Pick<Snapshot, 'users'>, account: string, name: string): string {
  return numberOf(2, `${account}/${name}/${users.get(busKey(account, name))?.createdAtMs ?? 0}`)
}

export function roleId({ roles }: Pick<Snapshot, 'roles'>, account: string, name: string): string {
  return numberOf(3, `${account}/${name}/${roles.get(busKey(account, name))?.createdAtMs ?? 0}`)
}

export function groupId({ groups }: Pick<Snapshot, 'groups'>, account: string, name: string): string {
  return numberOf(4, `${account}/${name}/${groups.get(busKey(account, name))?.createdAtMs ?? 0}`)
}

/** Eighteen digits, always the same for the same document, and others for one that is made anew. */
function numberOf(first: 2 | 3 | 4, text: string): string {
  const digest = hash('sha256', text, 'buffer').readBigUInt64BE()
  return `${first}${String(digest % 10n ** 17n).padStart(17, '0')}`
}
