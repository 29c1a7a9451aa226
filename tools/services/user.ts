import { chownSync, mkdirSync, readFileSync } from 'node:fs'

export interface UserNumbers {
  readonly uid: number
  readonly gid: number
}

/** The numbers to start a process with so that it runs as the user; empty when this program is not root. */
export function userToRunAs(name: string | undefined): UserNumbers | Record<string, never> {
  if (name === undefined || process.getuid?.() !== 0) return {}
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [user, , uid, gid] = line.split(':')
    if (user === name) return { uid: Number(uid), gid: Number(gid) }
  }
  throw new Error(`this machine has no user ${name}`)
}

/** Makes a folder that the user may write to. */
export function makeFolderFor(user: string | undefined, path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o750 })
  const { uid, gid } = userToRunAs(user)
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid)
}
