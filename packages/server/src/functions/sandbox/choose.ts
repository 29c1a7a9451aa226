import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { AppError, type PluginLog, retryNever } from '@millrace/spi'

import {
  advice,
  type Approach,
  type BubblewrapOptions,
  BubblewrapSandbox,
  makeFiles,
  selfTest,
} from './bubblewrap/index.ts'
import { findControlGroups, rlimits, thisHost } from './limits/index.ts'
import { directLauncher, LauncherProcess } from './launcher/index.ts'
import { openNetwork, sharedNetwork, SlirpNetwork } from './network/index.ts'
import { runFolder } from '../run-folder.ts'
import { ProcessSandbox } from './process.ts'
import type { Sandbox } from './sandbox.ts'

/** What `MILLRACE_SANDBOX` may be. */
export const sandboxChoices = ['auto', 'bubblewrap', 'process'] as const
export type SandboxChoice = (typeof sandboxChoices)[number]

export interface SandboxOptions {
  readonly choice: SandboxChoice
  /** The server's; never seen by code. The sandbox keeps small files of its own in it. */
  readonly dataFolder: string
  /** Folders with executables, separated by `:`. */
  readonly searchPath: string
  /** Whether code may reach private addresses, this machine's included. */
  readonly allowPrivateTargets?: boolean
  readonly log: PluginLog
}

/**
 * The sandbox that this machine can keep. `auto` falls back to plain processes, and the log says why; `bubblewrap`
 * rejects with `config.sandbox-unusable`, the reason and what to do: whoever asks for isolation never gets less.
 */
export async function chooseSandbox(options: SandboxOptions): Promise<Sandbox> {
  const launcher = new LauncherProcess({ folder: runFolder(resolve(options.dataFolder)), log: options.log })
  if (options.choice === 'process') return new ProcessSandbox(launcher)
  const found = await findBubblewrap(options)
  if ('program' in found) return new BubblewrapSandbox({ ...found, launcher })
  if (options.choice === 'auto') {
    options.log.warn('functions are not isolated: bubblewrap cannot be used', { ...found })
    return new ProcessSandbox(launcher)
  }
  const message = `functions cannot run in bubblewrap: ${found.reason}; ${found.advice}`
  throw new AppError('config.sandbox-unusable', message, retryNever, {
    details: { path: 'MILLRACE_SANDBOX' },
  })
}

interface Obstacle {
  readonly reason: string
  /** What to do about it. */
  readonly advice: string
}

/** Tried by processes of the server's own: at its start there is no load that they could hold up. */
async function findBubblewrap(options: SandboxOptions): Promise<BubblewrapOptions | Obstacle> {
  const { dataFolder, searchPath } = options
  if (process.platform !== 'linux') {
    return { reason: `${process.platform} has no namespaces`, advice: 'use a machine with Linux' }
  }
  const program = await findProgram('bwrap', searchPath)
  if (program === undefined) {
    return { reason: 'there is no program bwrap', advice: 'run apt-get install bubblewrap' }
  }
  const folder = join(dataFolder, 'sandbox')
  const files = await makeFiles(folder)
  const limits = findControlGroups(dataFolder, thisHost()) ?? rlimits
  let reason = ''
  const filtered = files.filterPath !== undefined
  for (const approach of await approaches(searchPath)) {
    const launcher = directLauncher
    const base = { program, launcher, approach, limits, files, hidden: [dataFolder], network: sharedNetwork }
    const hole = await selfTest(new BubblewrapSandbox(base), folder, filtered, 'off')
    if (hole === undefined) return await withNetwork(options, base, folder)
    reason = hole
    options.log.debug('a way to isolate functions does not work here', { approach, reason })
  }
  return { reason, advice: await advice(reason) }
}

/** With code connected apart from the machine, where that works; else as it is. */
async function withNetwork(
  { searchPath, allowPrivateTargets = false, log }: SandboxOptions,
  base: BubblewrapOptions,
  folder: string,
): Promise<BubblewrapOptions> {
  const [slirp4netns, nsenter, ip] = await Promise.all(
    ['slirp4netns', 'nsenter', 'ip'].map(name => findProgram(name, searchPath)),
  )
  if (slirp4netns === undefined || nsenter === undefined || ip === undefined) return base
  const network = new SlirpNetwork({ slirp4netns, nsenter, ip }, allowPrivateTargets)
  const connected = new BubblewrapSandbox({ ...base, network })
  const reason = await selfTest(connected, folder, base.files.filterPath !== undefined, 'on')
  if (reason === undefined) return { ...base, network: allowPrivateTargets ? openNetwork(network) : network }
  log.warn('functions share the network of the machine: slirp4netns does not work', { reason })
  return base
}

/** The best first. Root in a container may lack the right to make namespaces as root. */
async function approaches(searchPath: string): Promise<readonly Approach[]> {
  const canChange = process.getuid?.() === 0 && (await findProgram('setpriv', searchPath)) !== undefined
  return canChange ? ['user-change', 'user-namespace'] : ['user-namespace']
}

/** An executable on the search path, or where the system keeps its own. */
async function findProgram(name: string, searchPath: string): Promise<string | undefined> {
  for (const folder of [...searchPath.split(':'), '/usr/bin', '/bin', '/usr/sbin', '/sbin']) {
    if (!folder.startsWith('/')) continue
    const path = join(folder, name)
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (found) return path
  }
  return undefined
}
