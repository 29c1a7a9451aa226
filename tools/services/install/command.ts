import { spawn } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Folders of system programs that are not on the path of every user. */
const systemFolders = ['/usr/sbin', '/usr/local/sbin', '/sbin', '/usr/local/bin', '/usr/bin']

/** Characters of a failed command's output that are shown. */
const outputCharactersMax = 2_000

/** Path of a program, from the path of the environment, the system's folders and those given; reads files only. */
export function findProgram(name: string, folders: readonly string[] = []): string | undefined {
  const path = (process.env['PATH'] ?? '').split(delimiter)
  return [...folders, ...path, ...systemFolders]
    .filter(folder => folder !== '')
    .map(folder => join(folder, name))
    .find(isProgram)
}

/** Runs a command to its end; rejects with the end of its output when it fails. */
export async function runToEnd(
  command: string,
  args: readonly string[],
  options: {
    readonly folder?: string
    readonly environment?: Readonly<Record<string, string>>
    readonly user?: { uid?: number; gid?: number }
  } = {},
): Promise<string> {
  const child = spawn(command, args, {
    ...(options.folder === undefined ? {} : { cwd: options.folder }),
    ...options.user,
    env: { ...process.env, ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
  const status = await new Promise<number | string>(resolve => {
    child.on('error', error => resolve(error.message))
    child.on('close', (code, signal) => resolve(code ?? signal ?? 1))
  })
  const output = Buffer.concat(chunks).toString()
  if (status !== 0)
    throw new Error(
      `${command} ended with ${status}: ${output.trimEnd().slice(-outputCharactersMax) || 'it printed nothing'}`,
    )
  return output
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
