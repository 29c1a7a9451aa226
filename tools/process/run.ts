import { spawn } from 'node:child_process'

/** How a command ended. `output` holds what it wrote to both streams, in the order of arrival. */
export interface CommandResult {
  /** Exit status; 128 when a signal ended it, 127 when it could not be started. */
  readonly status: number
  readonly output: string
}

export interface CommandOptions {
  readonly folder: string
  /** Lets the child write straight to the terminal; `output` is then empty. */
  readonly live?: boolean
}

/** Runs a command to its end. Resolves always: a failure is a status, not an exception. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  return new Promise(resolve => {
    const child = spawn(command, args, {
      cwd: options.folder,
      stdio: options.live === true ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    })
    const chunks: Buffer[] = []
    child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.on('error', error => resolve({ status: 127, output: error.message }))
    child.on('close', code => resolve({ status: code ?? 128, output: Buffer.concat(chunks).toString() }))
  })
}
