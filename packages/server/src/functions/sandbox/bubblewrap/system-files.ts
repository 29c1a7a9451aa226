import { lstatSync, readlinkSync, statSync, type Stats } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { slirpResolver } from '../network/index.ts'
import { type Shown, userId } from './arguments.ts'
import { seccompFilter } from './seccomp.ts'
import { systemCalls } from './system-calls.ts'

/** Folders of the system that programs need, shown as they are: folders, or links into `/usr`. */
const systemFolders = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32']

/** What of `/etc` programs need. Nothing here says who uses the machine, or for what. */
const settings = [
  '/etc/ld.so.cache',
  '/etc/ld.so.conf',
  '/etc/ld.so.conf.d',
  '/etc/alternatives',
  '/etc/ssl/certs',
  '/etc/ssl/openssl.cnf',
  '/etc/ca-certificates.conf',
  '/etc/pki/tls/certs',
  '/etc/pki/ca-trust/extracted',
  '/etc/localtime',
  '/etc/mime.types',
  '/etc/protocols',
  '/etc/services',
]

/** What is shown of the system. Looked up once: it does not change while the server runs. */
export function systemFiles(): Shown[] {
  const found = [...systemFolders, ...settings].map(path => ({ path, stats: stat(path) }))
  return found.flatMap(({ path, stats }) => {
    if (stats === undefined) return []
    if (systemFolders.includes(path) && stats.isSymbolicLink()) {
      return [{ path, at: path, link: readlinkSync(path) }]
    }
    return [{ path, at: path }]
  })
}

function stat(path: string): Stats | undefined {
  try {
    // A setting may be a link; what counts is that it leads somewhere.
    return systemFolders.includes(path) ? lstatSync(path) : statSync(path)
  } catch {
    return undefined
  }
}

/** Files that the sandbox makes up, and the filter of system calls. */
export interface MadeFiles {
  readonly shown: readonly Shown[]
  /** Says who resolves names for instances that are connected apart. */
  readonly resolverPath: string
  /** `undefined` where this architecture has none. */
  readonly filterPath: string | undefined
}

/** Writes them below the folder, which is the server's own. */
export async function makeFiles(folder: string): Promise<MadeFiles> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const texts = {
    passwd: `root:x:0:0:root:/tmp:/bin/sh\nfunction:x:${userId}:${userId}:function:/tmp:/bin/sh\n`,
    group: `root:x:0:\nfunction:x:${userId}:\n`,
    hosts: '127.0.0.1 localhost function\n::1 localhost\n',
    'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
  }
  const shown: Shown[] = []
  for (const [name, text] of Object.entries(texts)) {
    const path = join(folder, name)
    await writeFile(path, text, { mode: 0o644 })
    shown.push({ path, at: `/etc/${name}` })
  }
  const calls = systemCalls.get(process.arch)
  const filterPath = calls && join(folder, 'seccomp.bpf')
  if (calls !== undefined && filterPath !== undefined) await writeFile(filterPath, seccompFilter(calls))
  const resolverPath = join(folder, 'resolv.conf')
  await writeFile(resolverPath, `nameserver ${slirpResolver}\n`, { mode: 0o644 })
  return { shown, resolverPath, filterPath }
}
