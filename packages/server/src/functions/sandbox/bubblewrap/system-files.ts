import { existsSync, lstatSync, mkdirSync, readlinkSync, statSync, writeFileSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { slirpResolver } from '../network/index.ts'
import { type Shown, userId } from './arguments.ts'
import { seccompFilter } from './seccomp.ts'
import { systemCalls } from './system-calls.ts'

/** Folders of the system that programs need, shown as they are: folders, or links into `/usr`. */
const systemFolders = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32']

/**
 * What of `/etc` programs need. Nothing here says who uses the machine, or for what. These files are copied into one
 * folder at the start of the server: showing each by itself costs every instance two mounts.
 */
const copiedSettings = [
  'ld.so.cache',
  'ld.so.conf',
  'ssl/openssl.cnf',
  'ca-certificates.conf',
  'localtime',
  'mime.types',
  'protocols',
  'services',
]

/** Folders of `/etc` that programs need, shown as they are. */
const shownSettings = ['ld.so.conf.d', 'alternatives', 'ssl/certs', 'pki/tls/certs', 'pki/ca-trust/extracted']

/** What is shown of the system. Looked up once: it does not change while the server runs. */
export function systemFiles(): Shown[] {
  return systemFolders.flatMap(path => {
    const stats = lstatSync(path, { throwIfNoEntry: false })
    if (stats === undefined) return []
    return stats.isSymbolicLink() ? [{ path, at: path, link: readlinkSync(path) }] : [{ path, at: path }]
  })
}

/** Files that the sandbox makes up, and the filter of system calls. */
export interface MadeFiles {
  readonly shown: readonly Shown[]
  /** Says who resolves names for instances that are connected apart. */
  readonly resolverPath: string
  /** `undefined` where this architecture has none. */
  readonly filterPath: string | undefined
  /** Gives what a runtime shows of `/etc` a place to be shown at; nothing can be made there once it is shown. */
  makePlaces(paths: readonly string[]): void
}

/** Writes them below the folder, which is the server's own. What of the system's is copied stays as it is now. */
export async function makeFiles(folder: string): Promise<MadeFiles> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const texts = {
    passwd: `root:x:0:0:root:/tmp:/bin/sh\nfunction:x:${userId}:${userId}:function:/tmp:/bin/sh\n`,
    group: `root:x:0:\nfunction:x:${userId}:\n`,
    hosts: '127.0.0.1 localhost function\n::1 localhost\n',
    'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
    // Covered by a real one where an instance is connected.
    'resolv.conf': '',
  }
  const settings = join(folder, 'etc')
  await rm(settings, { recursive: true, force: true })
  await mkdir(settings, { mode: 0o755 })
  for (const [name, text] of Object.entries(texts))
    await writeFile(join(settings, name), text, { mode: 0o644 })
  for (const name of copiedSettings) await copySetting(name, settings)
  const shown = [{ path: settings, at: '/etc' }, ...(await shownFolders(settings))]
  const calls = systemCalls.get(process.arch)
  const filterPath = calls && join(folder, 'seccomp.bpf')
  if (calls !== undefined && filterPath !== undefined) await writeFile(filterPath, seccompFilter(calls))
  const resolverPath = join(folder, 'resolv.conf')
  await writeFile(resolverPath, `nameserver ${slirpResolver}\n`, { mode: 0o644 })
  const makePlaces = (paths: readonly string[]): void => {
    for (const path of paths)
      if (path.startsWith('/etc/')) makePlace(path, join(settings, path.slice('/etc/'.length)))
  }
  return { shown, resolverPath, filterPath, makePlaces }
}

function makePlace(path: string, place: string): void {
  if (existsSync(place)) return
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
  mkdirSync(isFolder ? place : dirname(place), { recursive: true, mode: 0o755 })
  if (!isFolder) writeFileSync(place, '', { mode: 0o644 })
}

/** Nothing where the system has no such file. A link is followed: what it leads to may not be shown. */
async function copySetting(name: string, settings: string): Promise<void> {
  const content = await readFile(join('/etc', name)).catch(() => undefined)
  if (content === undefined) return
  const path = join(settings, name)
  await mkdir(dirname(path), { recursive: true, mode: 0o755 })
  await writeFile(path, content, { mode: 0o644 })
}

/** Those that the system has; the folder gets a place for each. */
async function shownFolders(settings: string): Promise<Shown[]> {
  const shown: Shown[] = []
  for (const name of shownSettings) {
    const path = join('/etc', name)
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) continue
    await mkdir(join(settings, name), { recursive: true, mode: 0o755 })
    shown.push({ path, at: path })
  }
  return shown
}
