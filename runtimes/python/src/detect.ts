import { fileURLToPath } from 'node:url'
import type { InstalledRuntime, LaunchLimits, LaunchPlan, RuntimeHost } from '@millrace/spi'
import { checkHandler } from './handler.ts'
import { findInterpreters, type Interpreter } from './interpreter.ts'

const bootstrapFolder = fileURLToPath(new URL('../bootstrap', import.meta.url))

/** Loads the program of the instance as a module: only modules are read from the cache of compiled code. */
const start =
  'import sys; sys.path.insert(0, sys.argv[1]); import millrace_instance; millrace_instance.main(int(sys.argv[2]))'

/**
 * `python3.12`, `python3.11`, …: of each minor version the first on the search path. Last `python3`: the one that the
 * machine calls so, else the newest.
 */
export async function detect(host: RuntimeHost, signal: AbortSignal): Promise<readonly InstalledRuntime[]> {
  const interpreters = await findInterpreters(host, signal)
  const byMinor = new Map<number, Interpreter>()
  for (const interpreter of interpreters) {
    if (!byMinor.has(interpreter.minor)) byMinor.set(interpreter.minor, interpreter)
  }
  const newestFirst = [...byMinor.values()].toSorted((left, right) => right.minor - left.minor)
  const plain = interpreters.find(({ isPlain }) => isPlain) ?? newestFirst[0]
  if (plain === undefined) return []
  const versions = newestFirst.map(interpreter => installed(`python3.${interpreter.minor}`, interpreter))
  return [...versions, installed('python3', plain)]
}

function installed(name: string, interpreter: Interpreter): InstalledRuntime {
  return {
    name,
    version: interpreter.version,
    checkHandler,
    launch: limits => launch(interpreter, limits),
  }
}

/**
 * `-I -S`: nothing of the machine's settings and packages, which the code did not bring along. `-B`: nothing is written
 * into the code folder. UTF-8 whatever the locale.
 */
function launch({ executable, library }: Interpreter, { memoryMiB }: LaunchLimits): LaunchPlan {
  const flags = ['-I', '-S', '-B', '-X', 'utf8', '-X', 'faulthandler']
  return {
    command: executable,
    args: [...flags, '-c', start, bootstrapFolder, String(Math.ceil(memoryMiB))],
    environment: {},
    readOnlyPaths: [executable, library, bootstrapFolder],
  }
}
