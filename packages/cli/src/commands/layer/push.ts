import { stat } from 'node:fs/promises'
import { packCode } from '@millrace/sdk/deploy'
import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import type { CommandContext } from '../../terminal.ts'
import { sizeText } from '../fn/index.ts'

interface PushFlags extends ConnectionFlags {
  runtime?: string[]
  description?: string
  license?: string
}

/** `millrace layer push NAME PATH`: the next version of a layer. What is in the folder is seen as `/opt`. */
export function pushCommand({ terminal }: CommandContext): Command {
  return new Command('push')
    .description('add a version of a layer: files that several functions share, seen as /opt')
    .argument('<name>', 'name of the layer')
    .argument('<path>', 'a folder, a zip or a file')
    .option('--runtime <runtime...>', 'runtimes that it fits; any unless told')
    .option('--description <text>', 'what is in it')
    .option('--license <text>', 'the licence of what is in it')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (name: string, path: string, flags: PushFlags) => {
      await stat(path).catch(() => {
        throw new Error(`there is nothing at ${path}`)
      })
      const client = connect(terminal, flags)
      const uploaded = await client.uploadZip((await packCode(path)).zip)
      const { version } = await client.layers.publish(name, {
        code: uploaded.code,
        ...(flags.runtime === undefined ? {} : { runtimes: flags.runtime }),
        ...(flags.description === undefined ? {} : { description: flags.description }),
        ...(flags.license === undefined ? {} : { license: flags.license }),
      })
      const { dim, green } = terminal.colors
      terminal.out(`${green('created')}  layer ${name}:${version}, ${sizeText(uploaded.unpackedBytes)}\n`)
      terminal.error(dim(`use it: millrace fn deploy PATH --layer ${name}:${version}\n`))
    })
}
