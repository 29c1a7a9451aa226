import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import type { CommandContext } from '../../terminal.ts'

/** `millrace stream rm NAME…`: stops streams and deletes them. */
export function streamRmCommand({ terminal }: CommandContext): Command {
  return new Command('rm')
    .description('stop streams and delete them')
    .argument('<name...>', 'names of streams')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (names: string[], flags: ConnectionFlags) => {
      const { streams } = connect(terminal, flags)
      for (const name of names) {
        await streams.delete(name)
        terminal.out(`${terminal.colors.yellow('removed')}  stream ${name}\n`)
      }
    })
}
