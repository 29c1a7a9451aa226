import type { LogLine } from '@millrace/sdk'
import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import type { CommandContext, Terminal } from '../../terminal.ts'
import { explained } from './missing.ts'

interface LogsFlags extends ConnectionFlags {
  follow?: boolean
  request?: string
}

/** `millrace fn logs NAME`: what a function wrote; with --follow also what it writes, until Ctrl-C. */
export function logsCommand({ terminal }: CommandContext): Command {
  return new Command('logs')
    .description('show what a function wrote')
    .argument('<name>', 'name of the function')
    .option('-f, --follow', 'go on with new lines')
    .option('--request <id>', 'only what this invocation wrote')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (name: string, flags: LogsFlags) => {
      const client = connect(terminal, flags)
      const query = flags.request === undefined ? {} : { requestId: flags.request }
      if (flags.follow !== true) {
        const lines = await explained(name, () => client.functionLogs(name, query))
        for (const line of lines) terminal.out(logText(terminal, name, line))
        if (lines.length === 0) terminal.error(`${emptyNote(name, flags.request)}\n`)
        return
      }
      const signal = terminal.interrupted()
      try {
        for await (const line of client.tailFunctionLogs(name, signal, query))
          terminal.out(logText(terminal, name, line))
      } catch (thrown) {
        if (!signal.aborted) throw thrown
      }
    })
}

function emptyNote(name: string, requestId: string | undefined): string {
  if (requestId === undefined)
    return `${name} has written nothing yet; call it with: millrace fn invoke ${name}`
  return `nothing of ${requestId} is kept: it wrote nothing, or newer lines have taken its place`
}

/** One line: when, which function, what; what it wrote to its error stream and what the platform says stand out. */
export function logText({ colors }: Terminal, name: string, { atMs, stream, text }: LogLine): string {
  const time = colors.dim(new Date(atMs).toISOString().slice(11, 23))
  const paint = stream === 'stderr' ? colors.red : stream === 'platform' ? colors.yellow : String
  return `${time} ${colors.cyan(name)} ${paint(text)}\n`
}
