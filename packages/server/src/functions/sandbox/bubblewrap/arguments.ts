import { dirname } from 'node:path'
import type { LaunchPlan } from '@millrace/spi'
import type { SandboxFolders, SandboxLimits } from '../sandbox.ts'

/** The user and group that code has in a sandbox: by these numbers it is a stranger on the machine itself, too. */
export const userId = 65_533

/** Where code finds the parts of its instance. */
export const seenCode = '/code'
export const seenLayers = '/opt'
export const seenTemporary = '/tmp'
const seenSocket = '/run/millrace/socket'

/**
 * How the code comes to be nobody. `user-change`: the server is root, namespaces are made by root, and code runs as a
 * user that has nothing on the machine. `user-namespace`: the server is an ordinary user; code is that user towards
 * the kernel, with another number inside.
 */
export type Approach = 'user-change' | 'user-namespace'

/** A file or folder that is shown read-only, or a link that is made. */
export interface Shown {
  readonly path: string
  readonly at: string
  readonly link?: string
}

export interface View {
  readonly approach: Approach
  readonly plan: LaunchPlan
  readonly limits: SandboxLimits
  readonly folders: SandboxFolders
  /** The system's files, in front of all others. */
  readonly system: readonly Shown[]
  /** Folders of the platform that must not be seen even where a folder around them is. */
  readonly hidden: readonly string[]
  /** Whether the instance has a network of its own instead of the machine's. */
  readonly ownNetwork: boolean
}

/** The arguments of `bwrap` that need not stand on the command line. */
export function bubblewrapArguments(view: View): string[] {
  const { plan, limits, folders, approach, system, hidden } = view
  const diskBytes = String(limits.diskMiB * 1_048_576)
  const environment = {
    ...plan.environment,
    MILLRACE_SOCKET: seenSocket,
    TMPDIR: seenTemporary,
    HOME: seenTemporary,
  }
  const shown: Shown[] = [
    ...system,
    ...plan.readOnlyPaths.filter(isOutsideSystem).map(path => ({ path, at: path })),
    { path: folders.codePath, at: seenCode },
    ...(folders.layersPath === undefined ? [] : [{ path: folders.layersPath, at: seenLayers }]),
  ]
  const covered = hidden.filter(path => isShown(path, shown))
  // A runtime that was installed into a folder of the platform is shown all the same, and nothing beside it.
  const uncovered = plan.readOnlyPaths.filter(path => covered.some(folder => path.startsWith(`${folder}/`)))
  return [
    ...namespaces(approach, view.ownNetwork),
    // First of all: what is to be shown may itself lie in the machine's folder for temporary files.
    '--perms',
    '1777',
    '--size',
    diskBytes,
    '--tmpfs',
    seenTemporary,
    ...parents([...shown.map(({ at }) => at), seenSocket]),
    ...shown.flatMap(({ path, at, link }) =>
      link === undefined ? ['--ro-bind', path, at] : ['--symlink', link, at],
    ),
    ...covered.flatMap(path => ['--tmpfs', path]),
    ...parents(uncovered),
    ...uncovered.flatMap(path => ['--ro-bind', path, path]),
    ...covered.flatMap(path => ['--remount-ro', path]),
    '--bind',
    folders.socketPath,
    seenSocket,
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    '--perms',
    '1777',
    '--size',
    diskBytes,
    '--tmpfs',
    '/dev/shm',
    '--remount-ro',
    '/dev',
    '--remount-ro',
    '/',
    '--chdir',
    seenCode,
    '--clearenv',
    ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]),
  ]
}

/** Folders around what is shown, which `bwrap` by itself would let nobody but root into. */
function parents(paths: readonly string[]): string[] {
  const found = new Set<string>()
  for (const path of paths) {
    for (let folder = dirname(path); folder !== '/'; folder = dirname(folder)) found.add(folder)
  }
  return [...found].sort().flatMap(folder => ['--perms', '0755', '--dir', folder])
}

function namespaces(approach: Approach, ownNetwork: boolean): string[] {
  const common = [
    '--unshare-pid',
    '--unshare-ipc',
    '--unshare-uts',
    '--unshare-cgroup-try',
    ...(ownNetwork ? ['--unshare-net'] : []),
    '--hostname',
    'function',
    '--die-with-parent',
    '--new-session',
    '--cap-drop',
    'ALL',
  ]
  if (approach === 'user-namespace') {
    return [...common, '--unshare-user', '--uid', String(userId), '--gid', String(userId)]
  }
  // What it takes to become somebody else; `setpriv` gives it up for good.
  return [...common, ...['CAP_SETUID', 'CAP_SETGID', 'CAP_SETPCAP'].flatMap(name => ['--cap-add', name])]
}

/** The program that gives up the rights of root, in front of the command of a plan. */
export function userChange(approach: Approach): string[] {
  if (approach === 'user-namespace') return []
  const user = String(userId)
  return [
    'setpriv',
    '--reuid',
    user,
    '--regid',
    user,
    '--clear-groups',
    '--no-new-privs',
    '--inh-caps=-all',
    '--bounding-set=-all',
    '--',
  ]
}

function isOutsideSystem(path: string): boolean {
  return !path.startsWith('/usr/')
}

function isShown(path: string, shown: readonly Shown[]): boolean {
  return shown.some(({ at }) => path.startsWith(`${at}/`))
}

/** How an instance sees a path on the machine. */
export function seenPath(folders: SandboxFolders, path: string): string {
  const places: [string | undefined, string][] = [
    [folders.codePath, seenCode],
    [folders.layersPath, seenLayers],
    [folders.temporaryPath, seenTemporary],
    [folders.socketPath, seenSocket],
  ]
  for (const [folder, seen] of places) {
    if (folder === undefined) continue
    if (path === folder) return seen
    if (path.startsWith(`${folder}/`)) return seen + path.slice(folder.length)
  }
  return path
}

/** The name of an instance among those that live: that of its folder. */
export function instanceName(folders: SandboxFolders): string {
  return dirname(folders.socketPath).split('/').at(-1) ?? ''
}
