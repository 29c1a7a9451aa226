import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import type { CommandContext } from '../../terminal.ts'

interface PasswordFlags extends ConnectionFlags {
  remove?: boolean
}

/** `millrace user password`: asks without showing what is typed, or reads standard input, so that it stands in no list of processes. */
export function passwordCommand({ terminal }: CommandContext): Command {
  return new Command('password')
    .description('set the password of a user for the console; their sessions end')
    .argument('<name>', 'whose password')
    .option('--remove', 'take the password away instead')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (name: string, { remove, ...flags }: PasswordFlags) => {
      const login = connect(terminal, flags).consoleLogin
      if (remove === true) {
        await login.removePassword(name)
        terminal.out(`${terminal.colors.yellow('removed')}  password of ${name}\n`)
        return
      }
      const password = await terminal.readHidden(`new password of ${name} (12 characters or more): `)
      const { sessionsEnded } = await login.setPassword(name, password)
      terminal.out(`${terminal.colors.green('set')}  password of ${name}; sessions ended: ${sessionsEnded}\n`)
    })
}
