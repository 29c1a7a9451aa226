import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { importServerlessDevs } from '@millrace/sdk/deploy'
import { Command } from 'commander'
import { stringify } from 'yaml'
import type { CommandContext } from '../terminal.ts'

const fileName = 'millrace.config.yaml'

/** `millrace import S.YAML`: a wiring file beside it, with the functions and triggers that it describes. */
export function importCommand({ terminal }: CommandContext): Command {
  return new Command('import')
    .description('make a wiring file of an s.yaml of Serverless Devs (component fc3), in the same folder')
    .argument('<file>', 's.yaml')
    .option('--force', 'overwrite a wiring file that is there')
    .action(async (file: string, flags: { force?: boolean }) => {
      const { document, leftOut } = await importServerlessDevs(file, terminal.environment)
      const path = join(dirname(file), fileName)
      await writeFile(path, stringify(document), { flag: flags.force === true ? 'w' : 'wx' })
      terminal.out(`wrote ${path}; try it with: npx millrace dev ${dirname(file)}\n`)
      for (const each of leftOut) terminal.error(`left out ${each}\n`)
    })
}
