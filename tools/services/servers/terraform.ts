import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { buildGoProgram, findGo, findProgram } from '../install/index.ts'
import { cacheFolder } from '../place.ts'
import type { Instance, Server, ServiceHandle } from '../server.ts'

/** A program that runs Terraform files; there is nothing to start. */
export interface TerraformService extends ServiceHandle {
  /** Path of `terraform` or `tofu`. */
  readonly program: string
}

declare module '../server.ts' {
  interface Services {
    terraform: TerraformService
  }
}

/** OpenTofu, because Terraform cannot be built as a dependency: its module replaces parts of itself by their folders. */
const version = '1.10.6'
const moduleFolder = join(import.meta.dirname, 'terraform')
const built = () => join(cacheFolder(`opentofu-${version}`), 'tofu')

/** What was built here, else what the machine has. */
function findTerraform(): string | undefined {
  return existsSync(built()) ? built() : (findProgram('terraform') ?? findProgram('tofu'))
}

export const server: Server<TerraformService> = {
  name: 'terraform',
  title: `Terraform of this machine, else OpenTofu ${version}; a program, nothing runs`,
  ports: {},
  lockPort: 19_890,
  missing: () => {
    if (findTerraform() !== undefined) return undefined
    return findGo() === undefined ? 'Go' : 'its program'
  },
  install: async print => {
    print('OpenTofu is large: this takes four minutes of processor time')
    const source = 'github.com/opentofu/opentofu/cmd/tofu'
    await buildGoProgram({ module: moduleFolder, source, program: built() }, print)
  },
  prepare: () => Promise.resolve(),
  processes: () => [],
  handle,
}

function handle(_instance: Instance): TerraformService {
  const program = findTerraform() ?? built()
  return { name: 'terraform', address: program, connect: program, program }
}
