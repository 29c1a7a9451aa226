import type { Client } from '@millrace/sdk'
import { MillraceError } from '@millrace/sdk'
import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import type { CommandContext, Terminal } from '../../terminal.ts'
import { explained } from './missing.ts'

interface PublishFlags extends ConnectionFlags {
  description?: string
  alias?: string
}

/** `millrace fn publish NAME`: keeps a function as it is now as a version that never changes. */
export function publishCommand({ terminal }: CommandContext): Command {
  return new Command('publish')
    .description('keep a function as it is now, as a version that never changes')
    .argument('<name>', 'name of the function')
    .option('--description <text>', 'what is new in it')
    .option('--alias <alias>', 'let this alias point to the version')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (name: string, flags: PublishFlags) => {
      const client = connect(terminal, flags)
      await explained(name, () => publishAndPoint(terminal, client, name, flags.alias, flags.description))
    })
}

/** Publishes, and lets the alias, if there is one, point to the version; a canary that it has is then over. */
export async function publishAndPoint(
  terminal: Terminal,
  client: Client,
  name: string,
  alias: string | undefined,
  description = '',
): Promise<void> {
  const { dim, green } = terminal.colors
  const { version, isNew } = await publish(client, name, description)
  terminal.out(
    isNew
      ? `${green('published')} version ${version} of ${name}\n`
      : `${dim('unchanged')} version ${version} of ${name} is what it is now\n`,
  )
  if (alias === undefined) return
  const aliases = client.functionAliases(name)
  const before = await aliases.get(alias).catch((thrown: unknown) => {
    if (thrown instanceof MillraceError && thrown.status === 404) return undefined
    throw thrown
  })
  await aliases.put(alias, { description: before?.spec.description ?? '', version })
  terminal.out(`${green('points   ')} alias ${alias} to version ${version}\n`)
}

/** A function that is what its newest version is already is not published again. */
async function publish(
  client: Client,
  name: string,
  description: string,
): Promise<{ version: string; isNew: boolean }> {
  try {
    const { version } = await client.functionVersions(name).publish(description)
    return { version, isNew: true }
  } catch (thrown) {
    if (!(thrown instanceof MillraceError) || thrown.code !== 'resource.unchanged') throw thrown
    const version = thrown.problem['version']
    if (typeof version !== 'string') throw thrown
    return { version, isNew: false }
  }
}
