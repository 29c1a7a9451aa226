import { type AppliedItem, CodeUploads, deployWiring } from '@millrace/sdk/deploy'
import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../connection.ts'
import type { CommandContext, Terminal } from '../terminal.ts'
import { environmentFlag, type EnvironmentFlags, readWiring } from '../wiring-file.ts'

/** `millrace apply [PATH]`: writes a wiring file to a server; a second time changes nothing. */
export function applyCommand({ terminal }: CommandContext): Command {
  return new Command('apply')
    .description('write a wiring file to a server; what a named wiring has no more is removed')
    .argument('[path]', 'wiring file, or the folder it is in', '.')
    .addOption(environmentFlag())
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (path: string, flags: ConnectionFlags & EnvironmentFlags) => {
      const wirings = await readWiring(terminal, path, flags.env)
      const client = connect(terminal, flags)
      await deployWiring(client, new CodeUploads(client), wirings, item =>
        terminal.out(appliedLine(terminal, item)),
      )
    })
}

/** One line about one item, the change first. */
export function appliedLine(terminal: Terminal, { kind, name, change }: AppliedItem): string {
  const { dim, green, red, yellow } = terminal.colors
  const paint = { created: green, changed: yellow, unchanged: dim, removed: red }[change]
  return `${paint(change.padEnd(9))} ${kind.padEnd(8)} ${name}\n`
}
