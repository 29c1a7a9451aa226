import type { UserSpec } from '@millrace/sdk'
import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import type { CommandContext } from '../../terminal.ts'
import { passwordCommand } from './password.ts'
import { collected, type IdentityKind, lsCommand, rmCommand, said, toldWritten } from './named.ts'

const userKind: IdentityKind<UserSpec> = {
  title: 'user',
  many: 'users',
  of: client => client.users,
  columns: {
    policies: ({ policies = [] }) => policies.join(', '),
    groups: ({ groups = [] }) => groups.join(', '),
    description: ({ description = '' }) => description,
  },
}

interface CreateFlags extends ConnectionFlags {
  policy?: string[]
  group?: string[]
  description?: string
}

/** `millrace user …`: people and programs, and what they may do. */
export function userCommand(context: CommandContext): Command {
  const command = new Command('user').description('people and programs, and what they may do')
  command.addCommand(lsCommand(context, userKind))
  command.addCommand(createCommand(context))
  command.addCommand(passwordCommand(context))
  command.addCommand(rmCommand(context, userKind))
  return command
}

function createCommand({ terminal }: CommandContext): Command {
  return new Command('create')
    .description('make a user, or write anew what it may do; it has no key yet')
    .argument('<name>', 'what policies and records call it')
    .option('--policy <name>', 'a policy that it has; say it again for more', collected)
    .option('--group <name>', 'a group that it is in; say it again for more', collected)
    .option('--description <text>', 'for people')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (name: string, { policy, group, description, ...flags }: CreateFlags) => {
      const spec = said({ policies: policy, groups: group, description }) as UserSpec
      const { created } = await connect(terminal, flags).users.put(name, spec)
      toldWritten(terminal, created, 'user', name)
      if (created) terminal.error(terminal.colors.dim(`make a key of it: millrace key create ${name}\n`))
    })
}
