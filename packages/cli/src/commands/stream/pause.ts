import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import type { CommandContext } from '../../terminal.ts'

/** `millrace stream pause NAME…`: stops streams; they keep their positions. */
export function streamPauseCommand({ terminal }: CommandContext): Command {
  return new Command('pause')
    .description('stop streams; they keep their positions')
    .argument('<name...>', 'names of streams')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (names: string[], flags: ConnectionFlags) => {
      const { streams } = connect(terminal, flags)
      for (const name of names) {
        await streams.pause(name)
        terminal.out(`${terminal.colors.yellow('paused')}  stream ${name}\n`)
      }
    })
}
