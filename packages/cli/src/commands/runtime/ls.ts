import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import { renderTable } from '../../table.ts'
import type { CommandContext } from '../../terminal.ts'

interface ListFlags extends ConnectionFlags {
  json?: boolean
}

/** `millrace runtime ls`: what functions can ask for as their runtime. */
export function runtimeLsCommand({ terminal }: CommandContext): Command {
  return new Command('ls')
    .description('list the runtimes that functions can ask for')
    .option('--json', 'JSON instead of a table')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (flags: ListFlags) => {
      const items = await connect(terminal, flags).runtimes.list()
      if (flags.json === true) {
        terminal.out(`${JSON.stringify(items, null, 2)}\n`)
        return
      }
      const rows = items.map(({ name, language, version, added }) => [
        name,
        language,
        version,
        added ? 'millrace runtime add' : 'the machine',
      ])
      terminal.out(renderTable(['runtime', 'language', 'version', 'comes from'], rows))
      terminal.error(terminal.colors.dim('more: millrace runtime add NAME, such as nodejs22\n'))
    })
}
