import { Command, InvalidArgumentError } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import type { CommandContext } from '../../terminal.ts'

/** `millrace layer rm NAME:VERSION…`: functions that have the version keep it; it cannot be given to others. */
export function layerRmCommand({ terminal }: CommandContext): Command {
  return new Command('rm')
    .description('remove versions of layers; functions that have them keep them')
    .argument('<name:version...>', 'such as libs:3', layerVersion)
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (versions: LayerVersionName[], flags: ConnectionFlags) => {
      const client = connect(terminal, flags)
      for (const { name, version } of versions) {
        await client.layers.delete(name, version)
        terminal.out(`${terminal.colors.yellow('removed')}  layer ${name}:${version}\n`)
      }
    })
}

interface LayerVersionName {
  readonly name: string
  readonly version: number
}

/** Called for each argument with what the ones before have given. */
function layerVersion(text: string, before: LayerVersionName[] = []): LayerVersionName[] {
  const [, name, version] = /^([^:]+):(\d{1,9})$/.exec(text) ?? []
  if (name === undefined)
    throw new InvalidArgumentError('It is not of the form NAME:VERSION, such as libs:3.')
  return [...before, { name, version: Number(version) }]
}
