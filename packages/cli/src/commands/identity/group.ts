import type { GroupSpec } from '@millrace/sdk'
import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import type { CommandContext } from '../../terminal.ts'
import { collected, type IdentityKind, lsCommand, rmCommand, said, toldWritten } from './named.ts'

const groupKind: IdentityKind<GroupSpec> = {
  title: 'group',
  many: 'groups',
  of: client => client.groups,
  columns: {
    policies: ({ policies = [] }) => policies.join(', '),
    description: ({ description = '' }) => description,
  },
}

interface CreateFlags extends ConnectionFlags {
  policy?: string[]
  description?: string
}

/** `millrace group …`: policies that several users have. */
export function groupCommand(context: CommandContext): Command {
  const command = new Command('group').description('policies that several users have')
  command.addCommand(lsCommand(context, groupKind))
  command.addCommand(createCommand(context))
  command.addCommand(rmCommand(context, groupKind))
  return command
}

function createCommand({ terminal }: CommandContext): Command {
  return new Command('create')
    .description('make a group, or write anew what its users may do')
    .argument('<name>', 'what users name it by')
    .option('--policy <name>', 'a policy that its users have; say it again for more', collected)
    .option('--description <text>', 'for people')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (name: string, { policy, description, ...flags }: CreateFlags) => {
      const spec = said({ policies: policy, description }) as GroupSpec
      const { created } = await connect(terminal, flags).groups.put(name, spec)
      toldWritten(terminal, created, 'group', name)
    })
}
