import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ControlGroups, type GroupFolders, groupName, limitAllInstances } from './control-groups.ts'

/** Where the kernel shows its control groups, and which the server is in. Read once, at the start. */
export interface GroupHost {
  /** Text of `/proc/self/mountinfo`. */
  readonly mounts: string
  /** Text of `/proc/self/cgroup`. */
  readonly groups: string
}

export function thisHost(): GroupHost {
  const text = (path: string): string => {
    try {
      return readFileSync(path, 'utf8')
    } catch {
      return ''
    }
  }
  return { mounts: text('/proc/self/mountinfo'), groups: text('/proc/self/cgroup') }
}

/** Control groups that this server may make and limit: version 2 before version 1; `undefined` when there are none. */
export function findControlGroups(dataFolder: string, host: GroupHost): ControlGroups | undefined {
  const name = groupName(dataFolder)
  const candidates = [...secondVersion(host), ...firstVersion(host)]
  for (const parents of candidates) {
    const folders = prepare(parents, name)
    if (folders !== undefined) return new ControlGroups(folders, exchangeRecord(dataFolder, folders))
  }
  return undefined
}

/**
 * Keeps where the groups are, and returns where those of the run before were: the server may have been started from
 * another group since. `undefined` when that is not known, or the same.
 */
function exchangeRecord(dataFolder: string, folders: GroupFolders): GroupFolders | undefined {
  const path = join(dataFolder, 'sandbox', 'groups.json')
  const text = JSON.stringify(folders)
  let earlier: string | undefined
  try {
    earlier = readFileSync(path, 'utf8')
  } catch {
    // The first start.
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeFileSync(path, text)
  return earlier === undefined || earlier === text ? undefined : parseFolders(earlier)
}

/** Of a file that the server has written itself, perhaps not to its end. */
function parseFolders(text: string): GroupFolders | undefined {
  try {
    const { version, memory, pids, cpu, cpuUsage, freezer } = JSON.parse(text) as Partial<GroupFolders>
    if ((version !== 1 && version !== 2) || !memory || !pids || !cpu || !cpuUsage) return undefined
    return { version, memory, pids, cpu, cpuUsage, freezer }
  } catch {
    return undefined
  }
}

/** The server's own group, the group around it, and the root: whichever can be written and shared out. */
function* secondVersion({ mounts, groups }: GroupHost): Generator<GroupFolders> {
  const mount = mountsOf(mounts).find(({ type }) => type === 'cgroup2')?.path
  if (mount === undefined) return
  const own = /^0::(.*)$/m.exec(groups)?.[1] ?? '/'
  for (const path of new Set([own, dirname(own), '/'])) {
    const folder = join(mount, path)
    yield { version: 2, memory: folder, pids: folder, cpu: folder, cpuUsage: folder, freezer: folder }
  }
}

function* firstVersion({ mounts, groups }: GroupHost): Generator<GroupFolders> {
  const mounted = mountsOf(mounts).filter(({ type }) => type === 'cgroup')
  const folder = (controller: string): string | undefined => {
    const mount = mounted.find(({ options }) => options.includes(controller))?.path
    if (mount === undefined) return undefined
    const line = groups.split('\n').find(text => text.split(':')[1]?.split(',').includes(controller))
    const own = join(mount, line?.split(':').slice(2).join(':') ?? '/')
    return existsSync(own) ? own : mount
  }
  const memory = folder('memory')
  const pids = folder('pids')
  const cpu = folder('cpu')
  const cpuUsage = folder('cpuacct')
  if (memory === undefined || pids === undefined || cpu === undefined || cpuUsage === undefined) return
  yield { version: 1, memory, pids, cpu, cpuUsage, freezer: folder('freezer') }
}

/** Makes the server's folder in each hierarchy and tries a group in it. Nothing is left where that fails. */
function prepare(parents: GroupFolders, name: string): GroupFolders | undefined {
  const made: string[] = []
  const make = (parent: string): string => {
    const path = join(parent, name)
    if (!existsSync(path)) {
      mkdirSync(path)
      made.push(path)
    }
    return path
  }
  try {
    if (parents.version === 2) shareOut(parents.memory)
    const folders: GroupFolders = {
      version: parents.version,
      memory: make(parents.memory),
      pids: make(parents.pids),
      cpu: make(parents.cpu),
      cpuUsage: make(parents.cpuUsage),
      freezer: parents.freezer === undefined ? undefined : make(parents.freezer),
    }
    if (parents.version === 2) shareOut(folders.memory)
    limitAllInstances(folders)
    const trial = { memoryMiB: 64, cpu: 1, diskMiB: 1, network: 'off' } as const
    void new ControlGroups(folders, undefined).open('try', trial).close()
    return folders
  } catch {
    for (const path of made) rmdirSync(path)
    return undefined
  }
}

const wanted = ['memory', 'pids', 'cpu']

/** Lets the groups below a folder have limits of their own. Throws where the kernel or its owner does not allow it. */
function shareOut(folder: string): void {
  const enabled = readFileSync(join(folder, 'cgroup.subtree_control'), 'utf8').trim().split(' ')
  const missing = wanted.filter(controller => !enabled.includes(controller))
  if (missing.length === 0) return
  const text = missing.map(controller => `+${controller}`).join(' ')
  writeFileSync(join(folder, 'cgroup.subtree_control'), text)
}

interface Mount {
  readonly path: string
  readonly type: string
  readonly options: readonly string[]
}

function mountsOf(text: string): Mount[] {
  return text.split('\n').flatMap(line => {
    const [before = '', after] = line.split(' - ')
    const path = before.split(' ')[4]
    const [type = '', , options = ''] = after?.split(' ') ?? []
    return path === undefined ? [] : [{ path, type, options: options.split(',') }]
  })
}
