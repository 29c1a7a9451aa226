import { execFile } from 'node:child_process'
import { access, constants, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { InstalledRuntime, LaunchLimits, LaunchPlan, RuntimeHost } from '@millrace/spi'
import { buildBootstrap } from './build.ts'
import { checkHandler } from './handler.ts'

/** Oldest version that has what the bootstrap needs: Unix sockets and records. */
const majorMin = 17
/** Versions whose functions run here: a newer Java runs the classes of an older one. */
const servedNames: readonly number[] = [8, 11, 17, 21, 25]
const answerTimeoutMs = 15_000

interface Java {
  readonly version: string
  readonly major: number
  /** Folder of the installation. */
  readonly home: string
  /** Where its settings really are: Debian keeps them in `/etc`. */
  readonly settings: string
}

/**
 * The first Java on the search path from 17 on, under the names of all versions that it serves, its own first; none
 * where the bootstrap cannot be compiled because there is no `javac` beside it.
 */
export async function detect(host: RuntimeHost, signal: AbortSignal): Promise<readonly InstalledRuntime[]> {
  const java = await findJava(host, signal)
  if (java === undefined) return []
  const classes = await buildBootstrap(join(java.home, 'bin', 'javac'), signal)
  if (classes === undefined) return []
  const names = new Set([java.major, ...servedNames.filter(served => served <= java.major).toReversed()])
  return [...names].map(major => ({
    name: `java${major}`,
    version: java.version,
    checkHandler,
    launch: limits => launch(java, classes, limits),
  }))
}

async function findJava(host: RuntimeHost, signal: AbortSignal): Promise<Java | undefined> {
  for (const folder of host.searchPath.split(':')) {
    if (!folder.startsWith('/')) continue
    const found = await ask(join(folder, 'java'), signal)
    if (found !== undefined && found.major >= majorMin) return found
  }
  return undefined
}

async function ask(path: string, signal: AbortSignal): Promise<Java | undefined> {
  try {
    await access(path, constants.X_OK)
    const program = await realpath(path)
    const version = await versionOf(program, signal)
    const major = Number(/^(\d+)/.exec(version ?? '')?.[1] ?? Number.NaN)
    if (version === undefined || Number.isNaN(major)) return undefined
    const home = dirname(dirname(program))
    const settings = await realpath(join(home, 'conf', 'security', 'java.security'))
    return { version, major, home, settings: dirname(dirname(settings)) }
  } catch {
    return undefined
  }
}

function versionOf(program: string, signal: AbortSignal): Promise<string | undefined> {
  return new Promise(resolve => {
    const options = { timeout: answerTimeoutMs, signal, env: {}, cwd: '/', killSignal: 'SIGKILL' as const }
    execFile(program, ['-XshowSettings:properties', '-version'], options, (error, _output, text) => {
      resolve(error === null ? /java\.version = (\S+)/.exec(text)?.[1] : undefined)
    })
  })
}

/** Share of the memory of an instance that the heap may have; the rest is for classes, threads and compiled code. */
const heapShare = 0.75

function launch(java: Java, classes: string, { memoryMiB }: LaunchLimits): LaunchPlan {
  const flags = [
    `-Xmx${Math.floor(memoryMiB * heapShare)}m`,
    // An instance has little to collect and few processors: the small collector starts fastest.
    '-XX:+UseSerialGC',
    '-XX:-UsePerfData',
    '-Xshare:auto',
    `-XX:SharedArchiveFile=${join(classes, 'bootstrap.jsa')}`,
    '-XX:+ExitOnOutOfMemoryError',
    '-Dfile.encoding=UTF-8',
  ]
  return {
    command: join(java.home, 'bin', 'java'),
    args: [...flags, '-jar', join(classes, 'main.jar'), classes],
    environment: {},
    readOnlyPaths: [java.home, java.settings, classes],
  }
}
