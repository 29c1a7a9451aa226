import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import { renderTable } from '../../table.ts'
import type { CommandContext } from '../../terminal.ts'

interface ListFlags extends ConnectionFlags {
  json?: boolean
}

/** `millrace instance ls`: the named external systems. Nothing of how to get in is shown; `--json` has secrets sealed. */
export function instanceLsCommand({ terminal }: CommandContext): Command {
  return new Command('ls')
    .description('list the external systems that have names')
    .option('--json', 'JSON instead of a table; secrets are sealed')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (flags: ListFlags) => {
      const items = await Array.fromAsync(connect(terminal, flags).instances.all())
      if (flags.json === true) {
        terminal.out(`${JSON.stringify(items, null, 2)}\n`)
        return
      }
      if (items.length === 0) {
        terminal.error('there are no instances yet; add one with: millrace instance add SYSTEM NAME --…\n')
        return
      }
      const rows = items.map(({ name, spec, updatedAtMs }) => [
        name,
        spec.connector,
        new Date(updatedAtMs).toISOString().slice(0, 19).replace('T', ' '),
        spec.description,
      ])
      terminal.out(renderTable(['name', 'system', 'changed (UTC)', 'description'], rows))
    })
}
