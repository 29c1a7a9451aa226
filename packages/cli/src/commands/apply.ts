import {
  type AppliedItem,
  applyWiring,
  CodeUploads,
  findWiring,
  loadWiring,
  withReferenced,
} from '@millrace/sdk/deploy'
import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../connection.ts'
import type { CommandContext, Terminal } from '../terminal.ts'

/** `millrace apply [PATH]`: writes a wiring file to a server; a second time changes nothing. */
export function applyCommand({ terminal }: CommandContext): Command {
  return new Command('apply')
    .description('write the buses, functions, rules, streams and instances of a wiring file')
    .argument('[path]', 'wiring file, or the folder it is in', '.')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (path: string, flags: ConnectionFlags) => {
      const wiring = await withReferenced(await loadWiring(await findWiring(path)), terminal.environment)
      const client = connect(terminal, flags)
      await applyWiring(client, new CodeUploads(client), wiring, item =>
        terminal.out(appliedLine(terminal, item)),
      )
    })
}

/** One line about one item, the change first. */
export function appliedLine(terminal: Terminal, { kind, name, change }: AppliedItem): string {
  const { dim, green, yellow } = terminal.colors
  const paint = change === 'created' ? green : change === 'changed' ? yellow : dim
  return `${paint(change.padEnd(9))} ${kind.padEnd(8)} ${name}\n`
}
