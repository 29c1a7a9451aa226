import { execFile } from 'node:child_process'
import { access, constants, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { InstalledRuntime, LaunchLimits, LaunchPlan, RuntimeHost } from '@millrace/spi'
import { checkHandler } from './handler.ts'

/** Executables asked for their version at most; a search path may name hundreds of folders. */
const candidatesMax = 8
const versionTimeoutMs = 5_000
/** Oldest major version that the bootstrap supports. */
const majorMin = 20

const bootstrapPath = fileURLToPath(new URL('../bootstrap/main.cjs', import.meta.url))

/** The Node that runs the server comes first for its major version; then those on the search path, in its order. */
export async function detect(host: RuntimeHost, signal: AbortSignal): Promise<readonly InstalledRuntime[]> {
  const found = new Map<number, InstalledRuntime>()
  const add = (executable: string, version: string): void => {
    const major = Number(version.split('.')[0])
    if (major >= majorMin && !found.has(major)) found.set(major, installed(executable, version, major))
  }
  add(process.execPath, process.versions.node)
  const others = await executables(host.searchPath)
  const versions = await Promise.all(others.map(executable => versionOf(executable, signal)))
  for (const [index, version] of versions.entries()) {
    if (version !== undefined) add(others[index] as string, version)
  }
  return [...found].sort(([left], [right]) => right - left).map(([, runtime]) => runtime)
}

function installed(executable: string, version: string, major: number): InstalledRuntime {
  return {
    name: `nodejs${major}`,
    version,
    checkHandler: (handler, files) => checkHandler(major, handler, files),
    launch: limits => launch(executable, limits),
  }
}

/** A part of the memory is for what lies outside the heap of JavaScript: code, buffers, threads. */
function launch(executable: string, limits: LaunchLimits): LaunchPlan {
  const heapMiB = Math.max(32, Math.floor(limits.memoryMiB * 0.8))
  return {
    command: executable,
    args: [
      `--max-old-space-size=${heapMiB}`,
      '--disable-warning=ExperimentalWarning',
      // Built code fails at the place in its source.
      '--enable-source-maps',
      bootstrapPath,
    ],
    environment: {},
    readOnlyPaths: [executable, dirname(bootstrapPath)],
  }
}

async function executables(searchPath: string): Promise<string[]> {
  const own = await realpath(process.execPath)
  const paths = new Set<string>()
  for (const folder of new Set(searchPath.split(':'))) {
    if (!folder.startsWith('/') || paths.size >= candidatesMax) continue
    try {
      const path = await realpath(join(folder, 'node'))
      await access(path, constants.X_OK)
      if (path !== own) paths.add(path)
    } catch {
      // No node in this folder.
    }
  }
  return [...paths]
}

/** `undefined` when it does not answer like a Node: it is passed over, as if it were not there. */
function versionOf(executable: string, signal: AbortSignal): Promise<string | undefined> {
  return new Promise(resolve => {
    const options = { timeout: versionTimeoutMs, signal, env: {}, killSignal: 'SIGKILL' as const }
    execFile(executable, ['--version'], options, (error, output) => {
      const match = error === null ? /^v(\d+\.\d+\.\d+)\s*$/.exec(output) : null
      resolve(match?.[1])
    })
  })
}
