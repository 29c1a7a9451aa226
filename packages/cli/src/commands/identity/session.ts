import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import { renderTable } from '../../table.ts'
import type { CommandContext } from '../../terminal.ts'

/** `millrace session …`: who is signed in to the console. */
export function sessionCommand(context: CommandContext): Command {
  const command = new Command('session').description('who is signed in to the console: list, revoke')
  command.addCommand(lsCommand(context))
  command.addCommand(revokeCommand(context))
  return command
}

function lsCommand({ terminal }: CommandContext): Command {
  return new Command('ls')
    .description('list the sessions of the console, the newest first')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (flags: ConnectionFlags) => {
      const sessions = await connect(terminal, flags).consoleLogin.sessions()
      const rows = sessions.map(({ id, principal, way, createdAtMs, seenAtMs, endsAtMs }) => [
        id,
        principal,
        way,
        ...[createdAtMs, seenAtMs, endsAtMs].map(atMs => new Date(atMs).toISOString()),
      ])
      terminal.out(renderTable(['id', 'who', 'by', 'began', 'last used', 'ends'], rows))
    })
}

function revokeCommand({ terminal }: CommandContext): Command {
  return new Command('revoke')
    .description('end sessions of the console')
    .argument('<id...>', 'of the sessions')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (ids: string[], flags: ConnectionFlags) => {
      const login = connect(terminal, flags).consoleLogin
      for (const id of ids) {
        await login.revokeSession(id)
        terminal.out(`${terminal.colors.yellow('ended')}  session ${id}\n`)
      }
    })
}
