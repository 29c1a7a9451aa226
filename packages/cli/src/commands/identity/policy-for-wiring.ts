import type { Client, WiringItem, WiringParts } from '@millrace/sdk'
import { findWiring, loadWiring } from '@millrace/sdk/deploy'
import type { Terminal } from '../../terminal.ts'
import { writeRole } from './role-for.ts'

interface WiringChoice {
  readonly path: string
  /** What `--env` names. */
  readonly env: string | undefined
  /** Whether the roles are written; else their policies are shown. */
  readonly isCreated: boolean
}

/** `millrace policy for wiring`: the least that each role must allow which the file names, before anything of it is applied. */
export async function writePoliciesOfWiring(
  terminal: Terminal,
  client: Client,
  { path, env, isCreated }: WiringChoice,
): Promise<void> {
  // Secrets stay where they are: what is needed does not depend on them.
  const { items } = await loadWiring(await findWiring(path), env)
  const note = (text: string): void => terminal.error(terminal.colors.dim(`note      ${text}\n`))
  for (const { kind, name } of items.filter(hasNoRole)) note(`${kind} ${name} has no role`)
  const roles = await client.neededPolicies(partsOf(items))
  if (roles.some(({ services }) => services.includes('fc.aliyuncs.com')))
    note('what the code of functions asks of the platform is in the code: add statements for it')
  if (!isCreated) {
    const documents = Object.fromEntries(roles.map(({ role, document = null }) => [role, document]))
    terminal.out(`${JSON.stringify(documents, null, 2)}\n`)
    return
  }
  for (const { role, services, document } of roles) {
    await writeRole(terminal, client, { name: role, services, document })
  }
}

/** Rules and streams without one have the rights of the account. A function without one has none. */
function hasNoRole(item: WiringItem): boolean {
  return (item.kind === 'rule' || item.kind === 'stream') && item.spec.role === undefined
}

function partsOf(items: readonly WiringItem[]): WiringParts {
  const functions = items.filter(item => item.kind === 'function')
  const asyncs = items.filter(item => item.kind === 'async')
  return {
    rules: items.filter(item => item.kind === 'rule').map(({ spec }) => spec),
    streams: items.filter(item => item.kind === 'stream').map(({ spec }) => spec),
    functions: functions.flatMap(({ name, spec: { role } }) => {
      const async = asyncs.filter(item => item.function === name).map(({ spec }) => spec)
      return role === undefined ? [] : [{ role, async }]
    }),
  }
}
