import { access, constants, readdir, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { InstalledRuntime, LaunchLimits, LaunchPlan, RuntimeHost } from '@millrace/spi'
import { checkHandler } from './handler.ts'
import { majorMin, programIn, versionOf } from './program.ts'

/** Executables asked for their version at most; a search path may name hundreds of folders. */
const candidatesMax = 8
/** Versions in the folder of installed ones that are looked at, at most. */
const addedMax = 32

const bootstrapPath = fileURLToPath(new URL('../bootstrap/main.cjs', import.meta.url))

/**
 * The Node that runs the server comes first for its major version; then those on the search path, in its order; then
 * those that were installed by request.
 */
export async function detect(host: RuntimeHost, signal: AbortSignal): Promise<readonly InstalledRuntime[]> {
  const found = new Map<number, InstalledRuntime>()
  const add = ({ executable, isAdded }: Candidate, version: string | undefined): void => {
    if (version === undefined) return
    const major = Number(version.split('.')[0])
    if (major < majorMin || found.has(major)) return
    found.set(major, installed(executable, version, major, isAdded))
  }
  add({ executable: process.execPath, isAdded: false }, process.versions.node)
  const others: readonly Candidate[] = [
    ...(await executables(host.searchPath)).map(executable => ({ executable, isAdded: false })),
    ...(await addedPrograms(host.installPath)).map(executable => ({ executable, isAdded: true })),
  ]
  const versions = await Promise.all(others.map(({ executable }) => versionOf(executable, signal)))
  for (const [index, candidate] of others.entries()) add(candidate, versions[index])
  return [...found].sort(([left], [right]) => right - left).map(([, runtime]) => runtime)
}

interface Candidate {
  readonly executable: string
  /** Whether it was installed by request. */
  readonly isAdded: boolean
}

function installed(executable: string, version: string, major: number, isAdded: boolean): InstalledRuntime {
  return {
    name: `nodejs${major}`,
    version,
    isAdded,
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

/** Those that are complete: what is being installed has a name that begins with a dot. */
async function addedPrograms(installPath: string | undefined): Promise<string[]> {
  if (installPath === undefined) return []
  try {
    const names = (await readdir(installPath)).filter(name => /^nodejs\d{2,3}$/.test(name))
    return names
      .toSorted()
      .slice(0, addedMax)
      .map(name => programIn(join(installPath, name)))
  } catch {
    // Nothing was ever installed.
    return []
  }
}
