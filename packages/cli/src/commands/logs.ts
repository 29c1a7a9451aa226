import type { LogLine } from '@millrace/sdk'
import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../connection.ts'
import type { CommandContext, Terminal } from '../terminal.ts'

interface LogsFlags extends ConnectionFlags {
  follow?: boolean
}

/** `millrace logs FUNCTION`: what a function wrote; with --follow also what it writes, until Ctrl-C. */
export function logsCommand({ terminal }: CommandContext): Command {
  return new Command('logs')
    .description('show what a function wrote')
    .argument('<function>', 'name of the function')
    .option('-f, --follow', 'go on with new lines')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (name: string, flags: LogsFlags) => {
      const client = connect(terminal, flags)
      if (flags.follow !== true) {
        for (const line of await client.functionLogs(name)) terminal.out(logText(terminal, name, line))
        return
      }
      const signal = terminal.interrupted()
      try {
        for await (const line of client.tailFunctionLogs(name, signal))
          terminal.out(logText(terminal, name, line))
      } catch (thrown) {
        if (!signal.aborted) throw thrown
      }
    })
}

/** One line: when, which function, what; what it wrote to its error stream and what the platform says stand out. */
export function logText({ colors }: Terminal, name: string, { atMs, stream, text }: LogLine): string {
  const time = colors.dim(new Date(atMs).toISOString().slice(11, 23))
  const paint = stream === 'stderr' ? colors.red : stream === 'platform' ? colors.yellow : String
  return `${time} ${colors.cyan(name)} ${paint(text)}\n`
}
