import { execFile } from 'node:child_process'
import { join } from 'node:path'

/** Oldest major version that the bootstrap supports. */
export const majorMin = 20

/** The package of npm that holds nothing but the program for this machine. */
export const programPackage = `node-${process.platform}-${process.arch}`

const versionTimeoutMs = 5_000

/** Where npm puts the program when it installs `programPackage` into a folder. */
export function programIn(folder: string): string {
  return join(folder, 'node_modules', programPackage, 'bin', 'node')
}

/** `undefined` when it does not answer like a Node: it is passed over, as if it were not there. */
export function versionOf(executable: string, signal: AbortSignal): Promise<string | undefined> {
  return new Promise(resolve => {
    const options = { timeout: versionTimeoutMs, signal, env: {}, killSignal: 'SIGKILL' as const }
    execFile(executable, ['--version'], options, (error, output) => {
      const match = error === null ? /^v(\d+\.\d+\.\d+)\s*$/.exec(output) : null
      resolve(match?.[1])
    })
  })
}
