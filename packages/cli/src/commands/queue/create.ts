import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import type { CommandContext } from '../../terminal.ts'

/** `millrace queue create NAME…`: queues with the defaults; settings are written with `millrace apply` or by the API. */
export function queueCreateCommand({ terminal }: CommandContext): Command {
  return new Command('create')
    .description('make queues with the default settings')
    .argument('<name...>', 'names of queues')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (names: string[], flags: ConnectionFlags) => {
      const { queues } = connect(terminal, flags)
      for (const name of names) {
        const { created } = await queues.put(name, {})
        const { green, yellow } = terminal.colors
        terminal.out(`${created ? green('created') : yellow('written')}  queue ${name}\n`)
      }
    })
}
