import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Runs a program with Node.js to its end, and gives what it wrote. Rejects, with what it wrote, when it fails. */
export async function runProgram(
  path: string,
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [path], {
    env: { PATH: process.env['PATH'] ?? '', ...environment },
    timeout: 120_000,
  })
  return stdout
}
