import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import { renderTable } from '../../table.ts'
import type { CommandContext } from '../../terminal.ts'
import { said } from './named.ts'

interface CreateFlags extends ConnectionFlags {
  description?: string
}

/** `millrace key …`: the keys of users. To rotate: create a second one, use it, disable the first, then remove it. */
export function keyCommand(context: CommandContext): Command {
  const command = new Command('key').description('the keys of users: make, disable, enable, remove')
  command.addCommand(lsCommand(context))
  command.addCommand(createCommand(context))
  command.addCommand(switchCommand(context, 'disable'))
  command.addCommand(switchCommand(context, 'enable'))
  command.addCommand(rmCommand(context))
  return command
}

function lsCommand({ terminal }: CommandContext): Command {
  return new Command('ls')
    .description('list the keys of a user, the oldest first')
    .argument('<user>', 'whose keys')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (user: string, flags: ConnectionFlags) => {
      const keys = await connect(terminal, flags).accessKeys(user).list()
      const rows = keys.map(({ id, disabled, createdAtMs, description }) => [
        id,
        disabled ? 'disabled' : 'active',
        new Date(createdAtMs).toISOString(),
        description,
      ])
      terminal.out(renderTable(['id', 'state', 'made', 'description'], rows))
    })
}

function createCommand({ terminal }: CommandContext): Command {
  return new Command('create')
    .description('make a key of a user; its secret is shown this once')
    .argument('<user>', 'whose key it is')
    .option('--description <text>', 'for people')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (user: string, { description, ...flags }: CreateFlags) => {
      const key = await connect(terminal, flags)
        .accessKeys(user)
        .create(said({ description }) as CreateFlags)
      terminal.out(`MILLRACE_ACCESS_KEY_ID=${key.id}\nMILLRACE_ACCESS_KEY_SECRET=${key.secret}\n`)
      terminal.error(terminal.colors.dim('the secret is shown this once; nobody can read it again\n'))
    })
}

function switchCommand({ terminal }: CommandContext, word: 'disable' | 'enable'): Command {
  return new Command(word)
    .description(`${word} a key of a user; in force at once`)
    .argument('<user>', 'whose key it is')
    .argument('<id>', 'of the key')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (user: string, id: string, flags: ConnectionFlags) => {
      await connect(terminal, flags)
        .accessKeys(user)
        .change(id, { disabled: word === 'disable' })
      terminal.out(`${terminal.colors.yellow(`${word}d`)}  key ${id} of ${user}\n`)
    })
}

function rmCommand({ terminal }: CommandContext): Command {
  return new Command('rm')
    .description('delete keys of a user')
    .argument('<user>', 'whose keys')
    .argument('<id...>', 'of the keys')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (user: string, ids: string[], flags: ConnectionFlags) => {
      const keys = connect(terminal, flags).accessKeys(user)
      for (const id of ids) {
        await keys.delete(id)
        terminal.out(`${terminal.colors.yellow('removed')}  key ${id} of ${user}\n`)
      }
    })
}
