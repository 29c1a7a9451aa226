import type { Client, NeededPolicy, Resource } from '@millrace/sdk'
import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import type { CommandContext } from '../../terminal.ts'
import { environmentFlag, type EnvironmentFlags } from '../../wiring-file.ts'
import { writePoliciesOfWiring } from './policy-for-wiring.ts'
import { writeRole } from './role-for.ts'

interface ForFlags extends ConnectionFlags, EnvironmentFlags {
  create?: string | true
}

/** What a role is made for. */
interface Wired {
  needed(client: Client): Promise<NeededPolicy>
  /** Has it act by the role from now on. */
  use(client: Client, role: string): Promise<unknown>
}

const kinds = ['rule', 'stream', 'function', 'wiring'] as const

/** `millrace policy for …`: the least that a role must allow, for one part of the platform or for all that a wiring file has roles for. */
export function policyForCommand({ terminal }: CommandContext): Command {
  return new Command('for')
    .description('generate the least policy that a rule, stream, function or wiring can do with')
    .argument('<kind>', kinds.join(', '))
    .argument(
      '<name>',
      'BUS/RULE, the name of the stream or function, or the path of a wiring file or its folder',
    )
    .option(
      '--create [role]',
      'write it as the policy of a role of that name, and have it used; of a wiring, of the roles that it names',
    )
    .addOption(environmentFlag())
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (kind: string, name: string, { create, ...flags }: ForFlags) => {
      const client = connect(terminal, flags)
      if (kind === 'wiring') {
        if (typeof create === 'string')
          throw new Error('a wiring names its roles itself: --create without a name')
        await writePoliciesOfWiring(terminal, client, {
          path: name,
          env: flags.env,
          isCreated: create === true,
        })
        return
      }
      if (create === true) throw new Error('which role? --create ROLE')
      const wired = wiredOf(kind, name)
      const needed = await wired.needed(client)
      for (const note of needed.notes) terminal.error(terminal.colors.dim(`note      ${note}\n`))
      if (create === undefined) {
        if (needed.document === undefined)
          terminal.error(terminal.colors.dim('note      nothing has to be allowed\n'))
        else terminal.out(`${JSON.stringify(needed.document, null, 2)}\n`)
        return
      }
      await writeRole(terminal, client, {
        name: create,
        services: [needed.service],
        document: needed.document,
      })
      await wired.use(client, create)
      terminal.out(`${terminal.colors.green('in force')}  ${kind} ${name} acts by the role ${create}\n`)
    })
}

function wiredOf(kind: string, name: string): Wired {
  switch (kind) {
    case 'rule': {
      const [bus = '', rule = ''] = name.split('/')
      if (rule === '') throw new Error(`a rule is named BUS/RULE, not ${name}`)
      return {
        needed: client => client.neededPolicy({ bus, rule }),
        use: (client, role) =>
          changed(client.rules(bus).get(rule), (spec, revision) =>
            client.rules(bus).put(rule, { ...spec, role }, { revision }),
          ),
      }
    }
    case 'stream':
      return {
        needed: client => client.neededPolicy({ stream: name }),
        use: (client, role) =>
          changed(client.streams.get(name), (spec, revision) =>
            client.streams.put(name, { ...spec, role }, { revision }),
          ),
      }
    case 'function':
      return {
        needed: client => client.neededPolicy({ function: name }),
        use: (client, role) =>
          changed(client.functions.get(name), (spec, revision) =>
            client.functions.put(name, { ...spec, role }, { revision }),
          ),
      }
    default:
      throw new Error(`policies are generated for ${kinds.join(', ')}, not for ${kind}`)
  }
}

/** Somebody else's change in between is refused, not lost. */
async function changed<Spec>(
  found: Promise<Resource<Spec>>,
  write: (spec: Required<Spec>, revision: number) => Promise<unknown>,
): Promise<unknown> {
  const { spec, revision } = await found
  return await write(spec, revision)
}
