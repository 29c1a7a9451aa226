import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import { renderTable } from '../../table.ts'
import type { CommandContext } from '../../terminal.ts'

interface ListFlags extends ConnectionFlags {
  json?: boolean
}

/** `millrace queue ls`: the queues, and how many messages each holds in which state. */
export function queueLsCommand({ terminal }: CommandContext): Command {
  return new Command('ls')
    .description('list the queues with the numbers of their messages')
    .option('--json', 'JSON instead of a table')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (flags: ListFlags) => {
      const { queues } = connect(terminal, flags)
      const items = []
      for await (const queue of queues.all()) {
        items.push({ ...queue, status: await queues.status(queue.name) })
      }
      if (flags.json === true) {
        terminal.out(`${JSON.stringify(items, null, 2)}\n`)
        return
      }
      if (items.length === 0) {
        terminal.error('there are no queues yet; make one with: millrace queue create NAME\n')
        return
      }
      const rows = items.map(({ name, status, spec }) => [
        name,
        String(status.active),
        String(status.inactive),
        String(status.delayed),
        spec.description ?? '',
      ])
      terminal.out(renderTable(['name', 'active', 'inactive', 'delayed', 'description'], rows))
    })
}
