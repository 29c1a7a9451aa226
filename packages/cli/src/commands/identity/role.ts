import { readFile } from 'node:fs/promises'
import type { PolicyDocument, RoleSpec } from '@millrace/sdk'
import { Command } from 'commander'
import { parse } from 'yaml'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import type { CommandContext } from '../../terminal.ts'
import { collected, type IdentityKind, lsCommand, rmCommand, said, toldWritten } from './named.ts'

const roleKind: IdentityKind<RoleSpec> = {
  title: 'role',
  many: 'roles',
  of: client => client.roles,
  columns: {
    policies: ({ policies = [] }) => policies.join(', '),
    description: ({ description = '' }) => description,
  },
}

interface CreateFlags extends ConnectionFlags {
  trust: string
  policy?: string[]
  seconds?: string
  description?: string
}

interface AssumeFlags extends ConnectionFlags {
  session: string
  seconds?: string
  externalId?: string
}

/** `millrace role …`: rights that others take on for a while. */
export function roleCommand(context: CommandContext): Command {
  const command = new Command('role').description('rights that users and services take on for a while')
  command.addCommand(lsCommand(context, roleKind))
  command.addCommand(createCommand(context))
  command.addCommand(assumeCommand(context))
  command.addCommand(rmCommand(context, roleKind))
  return command
}

function createCommand({ terminal }: CommandContext): Command {
  return new Command('create')
    .description('make a role, or write it anew')
    .argument('<name>', 'what it is called')
    .requiredOption('--trust <file>', 'its trust policy, JSON or YAML: who may take it on')
    .option('--policy <name>', 'a policy that it has; say it again for more', collected)
    .option('--seconds <number>', 'how long a session lasts at most: 3600 to 43200')
    .option('--description <text>', 'for people')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (name: string, { trust, policy, seconds, description, ...flags }: CreateFlags) => {
      const document = parse(await readFile(trust, 'utf8')) as PolicyDocument
      const sessionSecondsMax = seconds === undefined ? undefined : Number(seconds)
      const spec = { trust: document, ...said({ policies: policy, sessionSecondsMax, description }) }
      const { created } = await connect(terminal, flags).roles.put(name, spec as RoleSpec)
      toldWritten(terminal, created, 'role', name)
    })
}

/** Prints what a shell needs to go on as the role. */
function assumeCommand({ terminal }: CommandContext): Command {
  return new Command('assume')
    .description('take on a role: prints the settings of its temporary key for a shell')
    .argument('<name>', 'a role that trusts you')
    .option('--session <name>', 'names the session in records', 'millrace-cli')
    .option('--seconds <number>', 'how long it lasts; an hour unless told')
    .option('--external-id <id>', 'what the role asks for')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (name: string, { session, seconds, externalId, ...flags }: AssumeFlags) => {
      const durationSeconds = seconds === undefined ? undefined : Number(seconds)
      const options = { session, ...said({ durationSeconds, externalId }) } as { session: string }
      const made = await connect(terminal, flags).assumeRole(name, options)
      terminal.out(`export MILLRACE_ACCESS_KEY_ID=${made.accessKeyId}\n`)
      terminal.out(`export MILLRACE_ACCESS_KEY_SECRET=${made.accessKeySecret}\n`)
      terminal.out(`export MILLRACE_SECURITY_TOKEN=${made.securityToken}\n`)
      terminal.error(
        terminal.colors.dim(`${made.principal} until ${new Date(made.expiresAtMs).toISOString()}\n`),
      )
    })
}
