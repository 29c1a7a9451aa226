import { destroyWiring, findWiring, loadWiring } from '@millrace/sdk/deploy'
import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../connection.ts'
import type { CommandContext } from '../terminal.ts'
import { environmentFlag, type EnvironmentFlags } from '../wiring-file.ts'
import { appliedLine } from './apply.ts'

interface DestroyFlags extends ConnectionFlags, EnvironmentFlags {
  yes?: boolean
}

/** `millrace destroy [PATH]`: removes what a named wiring has brought, and what is kept in it. */
export function destroyCommand({ terminal }: CommandContext): Command {
  return new Command('destroy')
    .description(
      'remove everything that a named wiring has brought to a server, events and messages included',
    )
    .argument('[path]', 'wiring file, or the folder it is in', '.')
    .option('--yes', 'remove it: without this, what would be removed is only told by `plan`')
    .addOption(environmentFlag())
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (path: string, flags: DestroyFlags) => {
      const { name, path: file } = await loadWiring(await findWiring(path), flags.env)
      if (name === undefined) {
        throw new Error(
          `the wiring in ${file} has no name, so nobody knows what it has brought; give it one and apply it`,
        )
      }
      if (flags.yes !== true) throw new Error(`this removes all that ${name} has brought; say --yes to do it`)
      await destroyWiring(connect(terminal, flags), name, item => terminal.out(appliedLine(terminal, item)))
    })
}
