import { execFileSync } from 'node:child_process'
import { accessSync, constants, copyFileSync, mkdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** What is needed and not there, as a person reads it; `undefined` when the application can run. */
export function missingProgram(): string | undefined {
  return findTerraform() === undefined ? 'terraform or tofu, on the path or named by TERRAFORM' : undefined
}

/** Terraform or OpenTofu: what `TERRAFORM` names, else what is on the path. */
export function findTerraform(): string | undefined {
  const { TERRAFORM, PATH = '' } = process.env
  const named = TERRAFORM === undefined ? [] : [TERRAFORM]
  const onPath = ['terraform', 'tofu'].flatMap(name =>
    PATH.split(delimiter).map(folder => join(folder, name)),
  )
  return [...named, ...onPath].find(isProgram)
}

/** Makes a folder that is a layer with the program, and resolves with its version. */
export function makeLayer(program: string, folder: string): string {
  mkdirSync(join(folder, 'bin'), { recursive: true })
  copyFileSync(program, join(folder, 'bin', 'terraform'))
  const [version = ''] = execFileSync(program, ['version'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).split('\n')
  return version
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
