import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import type { CommandContext } from '../../terminal.ts'

/** `millrace queue rm NAME…`: deletes queues and their messages. */
export function queueRmCommand({ terminal }: CommandContext): Command {
  return new Command('rm')
    .description('delete queues and their messages')
    .argument('<name...>', 'names of queues')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (names: string[], flags: ConnectionFlags) => {
      const { queues } = connect(terminal, flags)
      for (const name of names) {
        await queues.delete(name)
        terminal.out(`${terminal.colors.yellow('removed')}  queue ${name}\n`)
      }
    })
}
