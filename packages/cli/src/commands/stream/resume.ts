import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import type { CommandContext } from '../../terminal.ts'

/** `millrace stream resume NAME…`: lets streams go on from their positions. */
export function streamResumeCommand({ terminal }: CommandContext): Command {
  return new Command('resume')
    .description('let streams go on that were paused, have stopped before a record or failed')
    .argument('<name...>', 'names of streams')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (names: string[], flags: ConnectionFlags) => {
      const { streams } = connect(terminal, flags)
      for (const name of names) {
        await streams.resume(name)
        terminal.out(`${terminal.colors.yellow('resumed')}  stream ${name}\n`)
      }
    })
}
