import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { readLines, type Told } from './lines.mts'

/** The name that an uploaded file gets in the folder in which it is run. */
export const file = 'main.tf'

/** Where the layer has the program, unless the environment tells another place. */
const { TERRAFORM = '/opt/bin/terraform' } = process.env

/** How a command ended, and what it told. */
export interface Ended extends Told {
  readonly status: number
}

/** Runs `terraform` or `tofu` in a folder. Rejects when there was an error that is none of the file. */
export async function terraform(folder: string, command: string, ...args: readonly string[]): Promise<Ended> {
  const child = spawn(TERRAFORM, [command, '-json', '-input=false', '-no-color', ...args], {
    cwd: folder,
    env: { ...process.env, TF_IN_AUTOMATION: '1', CHECKPOINT_DISABLE: '1', HOME: folder, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const closed = new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', status => resolve(status ?? 1))
  })
  const [status, printed, complaints] = await Promise.all([closed, text(child.stdout), text(child.stderr)])
  const told = readLines(printed, file)
  // Exit code 2 of a plan says that there is something to do.
  if (status !== 0 && status !== 2 && told.mistakes.length === 0) {
    const reason = told.troubles.join(' ') || complaints.trim() || printed.trim().slice(-1_000)
    throw new Error(`${command} ended with ${status}: ${reason}`)
  }
  return { ...told, status }
}
