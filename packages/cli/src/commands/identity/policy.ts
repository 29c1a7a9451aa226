import { readFile } from 'node:fs/promises'
import type { AccessExplanation, PolicyDocument, PolicySpec } from '@millrace/sdk'
import { Command } from 'commander'
import { parse } from 'yaml'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import type { CommandContext, Terminal } from '../../terminal.ts'
import { policyForCommand } from './policy-for.ts'
import { policyUseCommand, policyVersionsCommand } from './policy-versions.ts'
import { collected, type IdentityKind, lsCommand, rmCommand, said, toldWritten } from './named.ts'

const policyKind: IdentityKind<PolicySpec> = {
  title: 'policy',
  many: 'policies',
  of: client => client.policies,
  columns: { description: ({ description = '' }) => description },
}

interface PutFlags extends ConnectionFlags {
  description?: string
}

interface ExplainFlags extends ConnectionFlags {
  json?: boolean
  requestTag?: string[]
}

/** `millrace policy …`: what may be done, and why. */
export function policyCommand(context: CommandContext): Command {
  const command = new Command('policy').description('what may be done, and which statement decides')
  command.addCommand(lsCommand(context, policyKind))
  command.addCommand(putCommand(context))
  command.addCommand(showCommand(context))
  command.addCommand(explainCommand(context))
  command.addCommand(policyForCommand(context))
  command.addCommand(policyVersionsCommand(context))
  command.addCommand(policyUseCommand(context))
  command.addCommand(rmCommand(context, policyKind))
  return command
}

function putCommand({ terminal }: CommandContext): Command {
  return new Command('put')
    .description('write a policy from a file, JSON or YAML; in force at once')
    .argument('<name>', 'what users, groups and roles name it by')
    .argument('<file>', 'the document, with Version and Statement')
    .option('--description <text>', 'for people')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (name: string, file: string, { description, ...flags }: PutFlags) => {
      const document = parse(await readFile(file, 'utf8')) as PolicyDocument
      const spec: PolicySpec = { document, ...said({ description }) }
      const { created } = await connect(terminal, flags).policies.put(name, spec)
      toldWritten(terminal, created, 'policy', name)
    })
}

function showCommand({ terminal }: CommandContext): Command {
  return new Command('show')
    .description('show the document of a policy as JSON')
    .argument('<name>', 'a policy of the account')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (name: string, flags: ConnectionFlags) => {
      const { spec } = await connect(terminal, flags).policies.get(name)
      terminal.out(`${JSON.stringify(spec.document, null, 2)}\n`)
    })
}

/** Exit code 1 when it is denied, so that a script can ask. */
function explainCommand({ terminal, exit }: CommandContext): Command {
  return new Command('explain')
    .description('tell whether somebody may do something, and which statement decides')
    .argument('<principal>', 'user/NAME, role/NAME or root')
    .argument('<action>', 'such as eventbridge:PutEvents')
    .argument('<resource>', 'an ARN such as acs:eventbridge:local:1000000000000001:eventbus/orders, or "*"')
    .option(
      '--request-tag <key=value>',
      'a tag that the request would give; say it again for more',
      collected,
    )
    .option('--json', 'JSON instead of sentences')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (principal: string, action: string, resource: string, flags: ExplainFlags) => {
      const tags = flags.requestTag?.map(pairOf)
      const options = tags === undefined ? {} : { requestTags: Object.fromEntries(tags) }
      const found = await connect(terminal, flags).policies.explain(principal, action, resource, options)
      if (flags.json === true) terminal.out(`${JSON.stringify(found, null, 2)}\n`)
      else tell(terminal, found)
      if (found.outcome.endsWith('deny')) exit(1)
    })
}

/** A tag without a value has an empty one. */
function pairOf(text: string): [key: string, value: string] {
  const [key = '', ...value] = text.split('=')
  return [key, value.join('=')]
}

function tell(
  terminal: Terminal,
  { outcome, by, layer, asked, principal, action, resource }: AccessExplanation,
): void {
  const { green, red, dim } = terminal.colors
  const verdict = outcome.endsWith('deny') ? red('denied ') : green('allowed')
  terminal.out(`${verdict}  ${principal} ${action} on ${resource}\n`)
  if (outcome === 'root') terminal.out('by        the key of the account, to which everything is allowed\n')
  else if (by === undefined)
    terminal.out(`by        nobody: no statement of the ${layer ?? ''} policies allows it\n`)
  else {
    const sid = by.sid === undefined ? '' : ` (${by.sid})`
    terminal.out(
      `by        statement ${by.statement}${sid} of the policy ${by.policy}, by ${by.via}: ${by.effect}\n`,
    )
  }
  for (const one of asked) terminal.error(dim(`asked     ${one.policy}, by ${one.via}\n`))
}
