import { findWiring, loadWiring, type Wiring, withReferenced } from '@millrace/sdk/deploy'
import { Option } from 'commander'
import type { Terminal } from './terminal.ts'

export interface EnvironmentFlags {
  env?: string
}

export const environmentFlag = (): Option =>
  new Option('--env <name>', 'environment: the wiring file is told, and keeps its resources apart by it')

/** The wiring at a path: as it is described there, and with the secrets that it only points to. */
export async function readWiring(
  terminal: Terminal,
  path: string,
  environment: string | undefined,
): Promise<{ wiring: Wiring; described: Wiring }> {
  const described = await loadWiring(await findWiring(path), environment)
  return { described, wiring: await withReferenced(described, terminal.environment) }
}
