import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { exportWiring, wiringSchema } from '@millrace/sdk/deploy'
import { Command } from 'commander'
import { stringify } from 'yaml'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../connection.ts'
import type { CommandContext } from '../terminal.ts'

const fileName = 'millrace.config.yaml'
const schemaName = 'millrace.schema.json'

/** `millrace export FOLDER`: what a server has, as a wiring file with the code that it names. */
export function exportCommand({ terminal }: CommandContext): Command {
  return new Command('export')
    .description(
      'write what a server has into a folder, as a wiring file with its code; files that are there are kept',
    )
    .argument('<folder>', 'folder of the wiring file; it is made')
    .option('--force', 'overwrite files that are there')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (path: string, flags: ConnectionFlags & { force?: boolean }) => {
      const folder = resolve(path)
      const client = connect(terminal, flags)
      const { document, files, sealed } = await exportWiring(client)
      const schema = wiringSchema(await client.openApi(), await client.connectors())
      const texts = new Map<string, string | Uint8Array>([
        ...files,
        [schemaName, `${JSON.stringify(schema, null, 2)}\n`],
        [fileName, `# yaml-language-server: $schema=${schemaName}\n${stringify(document)}`],
      ])
      for (const [name, content] of texts) {
        const file = join(folder, name)
        await mkdir(dirname(file), { recursive: true })
        await writeFile(file, content, { flag: flags.force === true ? 'w' : 'wx' })
        terminal.out(`wrote ${name}\n`)
      }
      for (const place of sealed) {
        terminal.error(`${place} is sealed, of use on this server only: put { env: NAME } there for others\n`)
      }
    })
}

/** `millrace schema`: the JSON Schema of wiring files, for editors. */
export function schemaCommand({ terminal }: CommandContext): Command {
  return new Command('schema')
    .description(
      'print the JSON Schema of wiring files, as the server and its connectors take them; editors complete by it',
    )
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (flags: ConnectionFlags) => {
      const client = connect(terminal, flags)
      const schema = wiringSchema(await client.openApi(), await client.connectors())
      terminal.out(`${JSON.stringify(schema, null, 2)}\n`)
    })
}
