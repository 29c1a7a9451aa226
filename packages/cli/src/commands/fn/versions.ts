import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import { renderTable } from '../../table.ts'
import type { CommandContext } from '../../terminal.ts'
import { explained } from './missing.ts'

interface VersionsFlags extends ConnectionFlags {
  remove?: string
  json?: boolean
}

/** `millrace fn versions NAME`: the published versions, with the aliases that point to each. */
export function versionsCommand({ terminal }: CommandContext): Command {
  return new Command('versions')
    .description('list the published versions of a function, or remove one')
    .argument('<name>', 'name of the function')
    .option('--remove <version>', 'remove this version')
    .option('--json', 'JSON instead of a table')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (name: string, flags: VersionsFlags) => {
      const client = connect(terminal, flags)
      const { remove } = flags
      if (remove !== undefined) {
        await explained(name, () => client.functionVersions(name).delete(remove))
        terminal.out(`${terminal.colors.yellow('removed')}  version ${remove} of ${name}\n`)
        return
      }
      const versions = await explained(name, () => Array.fromAsync(client.functionVersions(name).all()))
      if (flags.json === true) {
        terminal.out(`${JSON.stringify(versions, null, 2)}\n`)
        return
      }
      if (versions.length === 0) {
        terminal.error(`${name} has no versions yet; publish one with: millrace fn publish ${name}\n`)
        return
      }
      const aliases = await Array.fromAsync(client.functionAliases(name).all())
      const rows = versions.map(({ version, description, createdAtMs }) => [
        version,
        aliases
          .filter(({ spec }) => spec.version === version || spec.canary?.version === version)
          .map(alias => alias.name)
          .join(', '),
        new Date(createdAtMs).toISOString().slice(0, 19).replace('T', ' '),
        description,
      ])
      terminal.out(renderTable(['version', 'aliases', 'published (UTC)', 'description'], rows))
    })
}
