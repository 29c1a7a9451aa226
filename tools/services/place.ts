import { chmodSync, lstatSync, mkdirSync } from 'node:fs'
import { homedir, tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

/** Where downloads of a server are kept: they outlive runs and clones. */
export function cacheFolder(server: string): string {
  const { MILLRACE_SERVICES_CACHE: own, XDG_CACHE_HOME: shared } = process.env
  if (own !== undefined && own !== '') return join(own, server)
  const base = shared !== undefined && shared !== '' ? shared : join(homedir(), '.cache')
  return join(base, 'millrace', 'services', server)
}

/**
 * Where running instances keep settings, data and logs; made when it is missing. It stands in the folder for
 * temporary files because servers that run as a user of their own must be able to reach it.
 */
export function stateFolder(): string {
  const { uid } = userInfo()
  const folder = process.env['MILLRACE_SERVICES_STATE'] ?? join(tmpdir(), `millrace-services-${uid}`)
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  const { uid: owner } = lstatSync(folder)
  if (uid >= 0 && owner !== uid)
    throw new Error(`${folder} belongs to user ${owner}: set MILLRACE_SERVICES_STATE to a folder of your own`)
  chmodSync(folder, 0o755)
  return folder
}
