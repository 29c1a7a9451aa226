import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import type { CommandContext } from '../../terminal.ts'

/** `millrace runtime add NAME…`: has the server install runtimes; Ctrl-C gives the one under way up. */
export function runtimeAddCommand({ terminal }: CommandContext): Command {
  return new Command('add')
    .description('install runtimes on the machine of the server, such as nodejs20')
    .argument('<name...>', 'names of the runtimes')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (names: string[], flags: ConnectionFlags) => {
      const { runtimes } = connect(terminal, flags)
      const { dim, green } = terminal.colors
      const signal = terminal.interrupted()
      for (const name of names) {
        const onProgress = (line: string): void => terminal.error(`${dim(line)}\n`)
        const { version } = await runtimes.add(name, { onProgress, signal })
        terminal.out(`${green('installed')}  runtime ${name}, ${version}\n`)
      }
      terminal.error(dim(`use it: millrace fn deploy PATH --runtime ${names[0]}\n`))
    })
}
