import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import { renderTable } from '../../table.ts'
import type { CommandContext } from '../../terminal.ts'

interface ListFlags extends ConnectionFlags {
  json?: boolean
}

/** `millrace policy versions`: the documents that a policy had, five at most. */
export function policyVersionsCommand({ terminal }: CommandContext): Command {
  return new Command('versions')
    .description('list the versions of a policy, the oldest first; five are kept')
    .argument('<name>', 'a policy of the account')
    .option('--json', 'JSON with the documents instead of a table')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (name: string, { json, ...flags }: ListFlags) => {
      const versions = await connect(terminal, flags).policies.versions(name)
      if (json === true) {
        terminal.out(`${JSON.stringify(versions, null, 2)}\n`)
        return
      }
      const rows = versions.map(({ id, isDefault, createdAtMs, document }) => [
        id,
        isDefault ? 'yes' : '',
        new Date(createdAtMs).toISOString(),
        String([document.Statement].flat().length),
      ])
      terminal.out(renderTable(['version', 'in force', 'made', 'statements'], rows))
    })
}

/** `millrace policy use`: an older version in force again. */
export function policyUseCommand({ terminal }: CommandContext): Command {
  return new Command('use')
    .description('put another version of a policy in force')
    .argument('<name>', 'a policy of the account')
    .argument('<version>', 'such as v2')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (name: string, version: string, flags: ConnectionFlags) => {
      await connect(terminal, flags).policies.useVersion(name, version)
      terminal.out(`${terminal.colors.yellow('in force')}  version ${version} of policy ${name}\n`)
    })
}
