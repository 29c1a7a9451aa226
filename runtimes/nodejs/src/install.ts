import { type ChildProcess, spawn } from 'node:child_process'
import { access, constants, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { RuntimeHost, RuntimeInstaller } from '@millrace/spi'
import { majorMin, programIn, programPackage, versionOf } from './program.ts'

/** Lines of npm that are passed on, at most, and characters of each. */
const progressLinesMax = 200
const progressCharactersMax = 500
/** Lines that npm wrote last about a failure, for the message. */
const reasonLinesMax = 3

/** Installs versions of Node.js as the plain package of its program, by the npm of the machine. */
export const installer: RuntimeInstaller = { canInstall, install, uninstall }

function canInstall(name: string): boolean {
  return majorOf(name) >= majorMin
}

/** Not a number for what is no name of a major version. */
function majorOf(name: string): number {
  return Number(/^nodejs([1-9]\d{1,2})$/.exec(name)?.[1] ?? Number.NaN)
}

/**
 * In a folder beside the final one, which it becomes in one step: a version is there as a whole or not at all. What a
 * killed server has left is removed first. No script of a package is run.
 */
async function install(
  host: RuntimeHost,
  name: string,
  report: (progress: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const major = majorOf(name)
  const installPath = folderOf(host)
  const unfinished = join(installPath, unfinishedPrefix + name)
  const npm = await findNpm(host.searchPath)
  await mkdir(installPath, { recursive: true, mode: 0o755 })
  await removeUnfinished(installPath)
  await mkdir(unfinished, { mode: 0o755 })
  try {
    report(`npm installs ${programPackage}@${major}`)
    await runNpm(npm, host, npmArguments(unfinished, `${programPackage}@${major}`), report, signal)
    await rm(join(unfinished, cacheName), { recursive: true, force: true })
    report('asking the program for its version')
    const version = await versionOf(programIn(unfinished), signal)
    signal.throwIfAborted()
    if (version === undefined) throw new Error('the program does not run on this machine')
    if (Number(version.split('.')[0]) !== major) throw new Error(`the program says that it is ${version}`)
    const final = join(installPath, name)
    await rm(final, { recursive: true, force: true })
    await rename(unfinished, final)
    report(`Node.js ${version} is installed`)
  } catch (thrown) {
    await rm(unfinished, { recursive: true, force: true })
    throw thrown
  }
}

async function uninstall(host: RuntimeHost, name: string): Promise<boolean> {
  if (!canInstall(name)) return false
  const final = join(folderOf(host), name)
  try {
    await access(final)
  } catch {
    return false
  }
  // Out of the way in one step first: what is half removed must not be found.
  await removeUnfinished(folderOf(host))
  const removed = join(folderOf(host), unfinishedPrefix + name)
  await rename(final, removed)
  await rm(removed, { recursive: true, force: true })
  return true
}

/** Of what is being installed or removed; `detect` passes over it. */
const unfinishedPrefix = '.unfinished-'

/** The server installs and removes one version at a time: whatever lies there is nobody's any more. */
async function removeUnfinished(installPath: string): Promise<void> {
  for (const name of await readdir(installPath)) {
    if (name.startsWith(unfinishedPrefix)) await rm(join(installPath, name), { recursive: true, force: true })
  }
}

function folderOf({ installPath }: RuntimeHost): string {
  if (installPath === undefined) throw new Error('the server has no folder for installed runtimes')
  return installPath
}

/** Inside the folder, so that nothing is left anywhere else. */
const cacheName = '.npm-cache'

function npmArguments(prefix: string, wanted: string): string[] {
  const fixed = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=http', '--no-update-notifier']
  return ['install', '--prefix', prefix, '--cache', join(prefix, cacheName), ...fixed, wanted]
}

async function findNpm(searchPath: string): Promise<string> {
  for (const folder of searchPath.split(':')) {
    if (!folder.startsWith('/')) continue
    try {
      const path = join(folder, 'npm')
      await access(path, constants.X_OK)
      return path
    } catch {
      // Not in this folder.
    }
  }
  throw new Error('there is no npm on the search path of the server')
}

/** Rejects with what npm wrote last about a failure, or with the reason of the signal. */
async function runNpm(
  npm: string,
  { searchPath, installEnvironment }: RuntimeHost,
  args: readonly string[],
  report: (progress: string) => void,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted()
  const child = spawn(npm, args, {
    env: { ...installEnvironment, PATH: searchPath },
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe'],
    // A group of its own, so that what npm starts ends with it.
    detached: true,
  })
  const kill = (): void => killGroup(child)
  signal.addEventListener('abort', kill)
  const errors: string[] = []
  let lines = 0
  createInterface({ input: child.stderr }).on('line', line => {
    if (line.startsWith('npm error')) errors.push(line.slice('npm error '.length))
    if (lines++ < progressLinesMax) report(line.slice(0, progressCharactersMax))
  })
  try {
    const code = await ended(child)
    signal.throwIfAborted()
    if (code !== 0) throw new Error(`npm failed: ${reasonIn(errors) ?? `it ended with ${code}`}`)
  } finally {
    signal.removeEventListener('abort', kill)
  }
}

function ended(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signalName) => resolve(code ?? signalName ?? 'nothing'))
  })
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}

/** What npm says first is the reason; then come hints, and where its own log is, which is removed. */
function reasonIn(errors: readonly string[]): string | undefined {
  const telling = errors.filter(line => line.trim() !== '' && !line.includes('complete log'))
  if (telling.length === 0) return undefined
  return telling
    .slice(0, reasonLinesMax)
    .map(line => line.slice(0, progressCharactersMax))
    .join('; ')
}
