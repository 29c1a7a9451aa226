import type { Client, QuotaState } from '@millrace/sdk'
import { Command, InvalidArgumentError, Option } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import { renderTable } from '../../table.ts'
import type { CommandContext } from '../../terminal.ts'

interface QuotaFlags extends ConnectionFlags {
  account?: string
  json?: boolean
}

/** `millrace quota …`: how much an account may have, and uses. */
export function quotaCommand(context: CommandContext): Command {
  const command = new Command('quota').description('how much an account may have, and uses: list, set, reset')
  command.addCommand(lsCommand(context))
  command.addCommand(setCommand(context))
  command.addCommand(resetCommand(context))
  return command
}

function lsCommand({ terminal }: CommandContext): Command {
  return new Command('ls')
    .description('list the quotas with their use')
    .option('--json', 'JSON instead of a table')
    .addOption(accountFlag())
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async ({ account, json, ...flags }: QuotaFlags) => {
      const quotas = await connect(terminal, flags).quotas.list(account)
      if (json === true) terminal.out(`${JSON.stringify(quotas, null, 2)}\n`)
      else
        terminal.out(renderTable(['name', 'used', 'limit', 'per', 'unit', 'by interfaces'], quotas.map(row)))
    })
}

function setCommand({ terminal }: CommandContext): Command {
  return new Command('set')
    .description('set how much an account may have; for the account that runs the server')
    .argument('<name>', 'of the quota, such as buses')
    .argument('<limit>', 'a whole number', wholeNumber)
    .addOption(accountFlag())
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (name: string, limit: number, { account, ...flags }: QuotaFlags) => {
      const client = connect(terminal, flags)
      const owner = await ownerOf(client, account)
      await client.quotas.set(owner, name, limit)
      terminal.out(`${terminal.colors.yellow('set')}  quota ${name} of ${owner} to ${limit}\n`)
    })
}

function resetCommand({ terminal }: CommandContext): Command {
  return new Command('reset')
    .description('go back to the defaults of quotas')
    .argument('<name...>', 'of the quotas')
    .addOption(accountFlag())
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (names: string[], { account, ...flags }: QuotaFlags) => {
      const client = connect(terminal, flags)
      const owner = await ownerOf(client, account)
      for (const name of names) {
        await client.quotas.reset(owner, name)
        terminal.out(`${terminal.colors.yellow('reset')}  quota ${name} of ${owner}\n`)
      }
    })
}

function row({ name, used, limit, per, unit, set, interfaces }: QuotaState): string[] {
  const less = Object.entries(interfaces).map(([face, count]) => `${face} ${count}`)
  return [
    name,
    used === undefined ? '' : String(used),
    set ? `${limit} (set)` : String(limit),
    per,
    unit,
    less.join(', '),
  ]
}

function accountFlag(): Option {
  return new Option('--account <id>', 'of this account, not of your own')
}

async function ownerOf(client: Client, account: string | undefined): Promise<string> {
  return account ?? (await client.caller()).account
}

function wholeNumber(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It is a whole number of at most 15 digits.')
}
