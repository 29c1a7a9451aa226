import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import { renderTable } from '../../table.ts'
import type { CommandContext } from '../../terminal.ts'

interface ListFlags extends ConnectionFlags {
  json?: boolean
}

/** `millrace layer ls [NAME]`: the newest version of each layer, or all versions of one. */
export function layerLsCommand({ terminal }: CommandContext): Command {
  return new Command('ls')
    .description('list the layers, or the versions of one')
    .argument('[name]', 'name of a layer')
    .option('--json', 'JSON instead of a table')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (name: string | undefined, flags: ListFlags) => {
      const { layers } = connect(terminal, flags)
      const items = await Array.fromAsync(name === undefined ? layers.all() : layers.versions(name))
      if (flags.json === true) {
        terminal.out(`${JSON.stringify(items, null, 2)}\n`)
        return
      }
      if (items.length === 0) {
        terminal.error('there are no layers yet; add one with: millrace layer push NAME FOLDER\n')
        return
      }
      const rows = items.map(({ name: layer, version, spec, createdAtMs }) => [
        `${layer}:${version}`,
        spec.runtimes.join(', ') || 'any',
        new Date(createdAtMs).toISOString().slice(0, 19).replace('T', ' '),
        spec.description,
      ])
      terminal.out(renderTable(['layer', 'runtimes', 'created (UTC)', 'description'], rows))
    })
}
