import { execFile } from 'node:child_process'
import { access, constants, readdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RuntimeHost } from '@millrace/spi'

/** Executables that are asked who they are, at most; a search path may name hundreds of folders. */
const candidatesMax = 24
/** Wrapper scripts of version managers take their time, the more so when many are asked at once. */
const answerTimeoutMs = 15_000
/** Oldest minor version of Python 3 that the bootstrap supports. */
const minorMin = 8

const describePath = fileURLToPath(new URL('../bootstrap/describe.py', import.meta.url))

/** A Python that can run functions. */
export interface Interpreter {
  /** Such as `3.11.7`. */
  readonly version: string
  readonly minor: number
  /** The program itself, where a link or the wrapper of a version manager was found. */
  readonly executable: string
  /** Folder of its standard library. */
  readonly library: string
  /** Whether it answers to the name `python3`, not only to one with its version. */
  readonly isPlain: boolean
}

/** The interpreters on the search path, in its order; in each folder `python3` comes first. */
export async function findInterpreters(host: RuntimeHost, signal: AbortSignal): Promise<Interpreter[]> {
  const candidates = await executables(host.searchPath)
  const answers = await Promise.all(
    candidates.map(async ({ path, isPlain }) => {
      const answer = await describe(path, host.searchPath, signal)
      return answer === undefined ? [] : [{ ...answer, isPlain }]
    }),
  )
  return answers.flat()
}

interface Candidate {
  readonly path: string
  readonly isPlain: boolean
}

async function executables(searchPath: string): Promise<Candidate[]> {
  const found = new Map<string, Candidate>()
  for (const folder of new Set(searchPath.split(':'))) {
    if (!folder.startsWith('/')) continue
    for (const name of await pythonNames(folder)) {
      if (found.size >= candidatesMax) return [...found.values()]
      const path = await executable(join(folder, name))
      const isPlain = name === 'python3'
      if (path !== undefined && !found.has(path)) found.set(path, { path, isPlain })
    }
  }
  return [...found.values()]
}

async function pythonNames(folder: string): Promise<string[]> {
  try {
    const names = await readdir(folder)
    return names.filter(name => /^python3(?:\.\d{1,3})?$/.test(name)).toSorted()
  } catch {
    return []
  }
}

/** `undefined` for what cannot be run. Wrapper scripts decide by their own name, so links to them are kept as they are. */
async function executable(path: string): Promise<string | undefined> {
  try {
    await access(path, constants.X_OK)
    const target = await realpath(path)
    return /\/python3(?:\.\d{1,3})?$/.test(target) ? target : path
  } catch {
    return undefined
  }
}

/** `undefined` when it does not answer like a Python 3 that is new enough: it is passed over, as if it were not there. */
function describe(
  path: string,
  searchPath: string,
  signal: AbortSignal,
): Promise<Omit<Interpreter, 'isPlain'> | undefined> {
  return new Promise(resolve => {
    const options = {
      timeout: answerTimeoutMs,
      signal,
      env: { PATH: searchPath },
      cwd: '/',
      killSignal: 'SIGKILL' as const,
    }
    execFile(path, ['-I', '-S', describePath], options, (error, output) => {
      resolve(error === null ? parseAnswer(output) : undefined)
    })
  })
}

function parseAnswer(text: string): Omit<Interpreter, 'isPlain'> | undefined {
  try {
    const { implementation, version, executable, library } = JSON.parse(text) as Record<string, unknown>
    if (implementation !== 'cpython' || typeof version !== 'string') return undefined
    if (typeof executable !== 'string' || typeof library !== 'string') return undefined
    const minor = Number(/^3\.(\d+)\.\d+$/.exec(version)?.[1] ?? -1)
    return minor < minorMin ? undefined : { version, minor, executable, library }
  } catch {
    return undefined
  }
}
