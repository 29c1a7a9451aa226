import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import type { CommandContext } from '../../terminal.ts'

/** `millrace instance rm NAME…`: forgets external systems that nothing names. */
export function instanceRmCommand({ terminal }: CommandContext): Command {
  return new Command('rm')
    .description('forget external systems that no stream and no rule names')
    .argument('<name...>', 'names of instances')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (names: string[], flags: ConnectionFlags) => {
      const client = connect(terminal, flags)
      for (const name of names) {
        await client.instances.delete(name)
        terminal.out(`${terminal.colors.yellow('removed')}  instance ${name}\n`)
      }
    })
}
