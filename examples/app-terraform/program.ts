import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { useService } from '@millrace/services'

/** What is needed and not there, and the command to get it; `undefined` when the application can run. */
export async function missingProgram(): Promise<string | undefined> {
  try {
    await useService('terraform')
    return undefined
  } catch (thrown) {
    return (thrown as Error).message
  }
}

/** Makes a folder that is a layer with Terraform or OpenTofu, and resolves with its version. */
export async function makeLayer(folder: string): Promise<string> {
  const { program } = await useService('terraform')
  mkdirSync(join(folder, 'bin'), { recursive: true })
  copyFileSync(program, join(folder, 'bin', 'terraform'))
  const version = execFileSync(program, ['version'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return version.split('\n')[0] ?? ''
}
