import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import { renderTable } from '../../table.ts'
import type { CommandContext } from '../../terminal.ts'

interface ListFlags extends ConnectionFlags {
  json?: boolean
}

/** `millrace fn ls`: all functions in a table. */
export function lsCommand({ terminal }: CommandContext): Command {
  return new Command('ls')
    .description('list the functions')
    .option('--json', 'JSON instead of a table')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (flags: ListFlags) => {
      const items = await Array.fromAsync(connect(terminal, flags).functions.all())
      if (flags.json === true) {
        terminal.out(`${JSON.stringify(items, null, 2)}\n`)
        return
      }
      if (items.length === 0) {
        terminal.error('there are no functions yet; begin one with: millrace fn init NAME\n')
        return
      }
      const rows = items.map(({ name, spec, updatedAtMs }) => [
        name,
        spec.runtime,
        spec.handler,
        `${spec.memoryMiB} MiB`,
        `${spec.timeoutMs / 1_000} s`,
        new Date(updatedAtMs).toISOString().slice(0, 19).replace('T', ' '),
      ])
      terminal.out(renderTable(['name', 'runtime', 'handler', 'memory', 'time-out', 'changed (UTC)'], rows))
    })
}
