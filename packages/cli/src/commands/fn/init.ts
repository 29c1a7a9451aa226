import { readdir } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { Command } from 'commander'
import type { CommandContext } from '../../terminal.ts'
import { readTemplate, templateNames, templateOf, writeTemplate } from './templates.ts'

interface InitFlags {
  runtime: string
  template?: string
  folder?: string
}

/** Names that the server takes. */
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,126}$/

/** `millrace fn init NAME`: a folder with a function that works, an event to try it with, and how to go on. */
export function initCommand({ terminal }: CommandContext): Command {
  return new Command('init')
    .description('begin a function: a new folder with code that works')
    .argument('<name>', 'name of the function, and of the folder')
    .option('--runtime <runtime>', 'such as nodejs, python, custom, go1, java', 'nodejs')
    .option('--template <template>', 'another template than that of the runtime, such as nodejs-typescript')
    .option('--folder <folder>', 'where to write it; a folder of its name unless told')
    .action(async (name: string, flags: InitFlags) => {
      if (!namePattern.test(name)) {
        throw new Error(`${name} is no name for a function: letters, digits, . _ - and at most 127 of them`)
      }
      const names = await templateNames()
      const template = flags.template ?? templateOf(flags.runtime, names)
      if (template === undefined || !names.includes(template)) {
        const wanted = flags.template ?? flags.runtime
        throw new Error(`there is no template for ${wanted}; there are ${names.join(', ')}`)
      }
      const folder = resolve(flags.folder ?? name)
      if ((await readdir(folder).catch(() => [])).length > 0) {
        throw new Error(`${folder} has files already; choose another place with --folder`)
      }
      const files = await readTemplate(template, name, runtimeOf(template, flags.runtime))
      await writeTemplate(files, folder)
      const { bold, dim, green } = terminal.colors
      const shown = relative(process.cwd(), folder) || '.'
      for (const { path } of files) terminal.out(`${green('created')}  ${join(shown, path)}\n`)
      terminal.out(`\nGo on with:  ${bold(`millrace dev ${shown}`)}\n`)
      terminal.out(
        `and then:    ${bold(`millrace fn invoke ${name} --event @${join(shown, 'event.json')} --data ${join(shown, '.millrace')}`)}\n`,
      )
      terminal.out(dim(`${join(shown, 'README.md')} tells the rest.\n`))
    })
}

/** The runtime that the template names, unless a version of it is asked for. */
function runtimeOf(template: string, runtime: string): string {
  return runtime === 'nodejs' || template.startsWith(`${runtime}-`) ? template : runtime
}
