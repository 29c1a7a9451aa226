import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import type { CommandContext } from '../../terminal.ts'
import { explained } from './missing.ts'

/** `millrace fn rm NAME…`: removes functions with their versions, aliases and triggers. */
export function rmCommand({ terminal }: CommandContext): Command {
  return new Command('rm')
    .description('remove functions, with their versions, aliases and triggers')
    .argument('<name...>', 'names of the functions')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (names: string[], flags: ConnectionFlags) => {
      const client = connect(terminal, flags)
      for (const name of names) {
        await explained(name, () => client.functions.delete(name))
        terminal.out(`${terminal.colors.yellow('removed')}  function ${name}\n`)
      }
    })
}
