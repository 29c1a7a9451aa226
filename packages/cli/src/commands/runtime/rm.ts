import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import type { CommandContext } from '../../terminal.ts'

/** `millrace runtime rm NAME…`: removes what `millrace runtime add` has installed. */
export function runtimeRmCommand({ terminal }: CommandContext): Command {
  return new Command('rm')
    .description('remove runtimes that were installed by: millrace runtime add')
    .argument('<name...>', 'names of the runtimes')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (names: string[], flags: ConnectionFlags) => {
      const { runtimes } = connect(terminal, flags)
      for (const name of names) {
        await runtimes.delete(name)
        terminal.out(`${terminal.colors.yellow('removed')}  runtime ${name}\n`)
      }
    })
}
