import type { AliasSpec, Resource } from '@millrace/sdk'
import { Command, InvalidArgumentError } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import { renderTable } from '../../table.ts'
import type { CommandContext } from '../../terminal.ts'
import { explained } from './missing.ts'

interface AliasFlags extends ConnectionFlags {
  canary?: { version: string; weight: number }
  description?: string
  remove?: boolean
}

/** `millrace fn alias NAME [ALIAS] [VERSION]`: all aliases; or lets one point to a version, or, by weight, to two. */
export function aliasCommand({ terminal }: CommandContext): Command {
  return new Command('alias')
    .description('list the aliases of a function, or let one point to a version')
    .argument('<name>', 'name of the function')
    .argument('[alias]', 'name of the alias')
    .argument('[version]', 'the version that it points to')
    .option('--canary <version=percent>', 'another version that gets this part of the calls', canary)
    .option('--description <text>', 'what the alias is for')
    .option('--remove', 'remove the alias')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(
      async (name: string, alias: string | undefined, version: string | undefined, flags: AliasFlags) => {
        const aliases = connect(terminal, flags).functionAliases(name)
        const { green, yellow } = terminal.colors
        if (alias === undefined) {
          const found = await explained(name, () => Array.fromAsync(aliases.all()))
          if (found.length > 0)
            terminal.out(renderTable(['alias', 'version', 'canary', 'description'], found.map(row)))
          else
            terminal.error(`${name} has no aliases; make one with: millrace fn alias ${name} ALIAS VERSION\n`)
        } else if (flags.remove === true) {
          await explained(name, () => aliases.delete(alias))
          terminal.out(`${yellow('removed')}  alias ${alias} of ${name}\n`)
        } else if (version === undefined) {
          const found = await explained(name, () => aliases.get(alias))
          terminal.out(renderTable(['alias', 'version', 'canary', 'description'], [row(found)]))
        } else {
          const spec = {
            version,
            ...(flags.canary === undefined ? {} : { canary: flags.canary }),
            ...(flags.description === undefined ? {} : { description: flags.description }),
          }
          await explained(name, () => aliases.put(alias, spec))
          terminal.out(
            `${green('points ')}  alias ${alias} of ${name} to version ${version}${canaryNote(spec)}\n`,
          )
        }
      },
    )
}

function canary(text: string): { version: string; weight: number } {
  const [, version, percent] = /^(\d+)=(\d+(?:\.\d+)?)%?$/.exec(text) ?? []
  if (version === undefined || Number(percent) > 100) {
    throw new InvalidArgumentError('It is not of the form VERSION=PERCENT, such as 3=5.')
  }
  return { version, weight: Number(percent) / 100 }
}

function row({ name, spec }: Resource<AliasSpec>): string[] {
  const found = spec.canary as AliasSpec['canary']
  const part = found === undefined ? '–' : `${found.version} (${percentText(found.weight)})`
  return [name, spec.version, part, spec.description]
}

function canaryNote({ canary: other }: AliasSpec): string {
  return other === undefined
    ? ''
    : `, and ${percentText(other.weight)} of the calls to version ${other.version}`
}

function percentText(weight: number): string {
  return `${Number((weight * 100).toFixed(2))} %`
}
