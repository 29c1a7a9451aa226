import { setTimeout as pause } from 'node:timers/promises'
import type { StreamReason, StreamStatus } from '@millrace/sdk'
import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import { renderTable } from '../../table.ts'
import type { CommandContext, Terminal } from '../../terminal.ts'
import { lagText, stateText } from './state-text.ts'

interface StatusFlags extends ConnectionFlags {
  watch?: boolean
  json?: boolean
}

/** Pause between two looks, in milliseconds. */
const watchEveryMs = 1_000

/** `millrace stream status NAME`: how a stream stands and why; with `--watch` again and again until Ctrl-C. */
export function streamStatusCommand({ terminal }: CommandContext): Command {
  return new Command('status')
    .description('tell how a stream stands, how far behind it is and what it has done')
    .argument('<name>', 'name of the stream')
    .option('-w, --watch', 'again every second, until Ctrl-C')
    .option('--json', 'JSON instead of tables; with --watch, one line each')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (name: string, flags: StatusFlags) => {
      const { streams } = connect(terminal, flags)
      const textOf = (status: StreamStatus): string => {
        if (flags.json !== true) return statusText(terminal, status)
        return `${flags.watch === true ? JSON.stringify(status) : JSON.stringify(status, null, 2)}\n`
      }
      if (flags.watch !== true) {
        terminal.out(textOf(await streams.status(name)))
        return
      }
      const interrupted = terminal.interrupted()
      let shown = ''
      while (!interrupted.aborted) {
        const text = textOf(await streams.status(name))
        terminal.out(flags.json === true ? text : inPlaceOf(terminal, shown) + text)
        shown = text
        await pause(watchEveryMs, undefined, { signal: interrupted }).catch(() => {})
      }
    })
}

/** Goes up over what was shown before and clears it, where a person watches. */
function inPlaceOf({ isInteractive }: Terminal, shown: string): string {
  if (!isInteractive || shown === '') return ''
  return `\u001b[${shown.split('\n').length - 1}A\u001b[J`
}

export function statusText({ colors }: Pick<Terminal, 'colors'>, status: StreamStatus): string {
  const { name, state, reason, tasks, writtenPerSecond, inFlight, heldRecords, heldBytes, counts } = status
  const table = renderTable(
    ['stream', 'state', 'lag', 'written/s', 'tasks', 'batches', 'held', 'held KiB'],
    [
      [
        name,
        stateText(colors, state),
        lagText(status),
        writtenPerSecond.toFixed(1),
        String(tasks),
        String(inFlight),
        String(heldRecords),
        String(Math.ceil(heldBytes / 1_024)),
      ],
    ],
  )
  const outcomes = Object.entries(counts)
  const countTable = renderTable(
    outcomes.map(([outcome]) => outcome),
    [outcomes.map(([, count]) => String(count))],
  )
  const why = reason === undefined ? '' : `\n${colors.yellow('because')} ${reasonText(reason)}`
  const { lastError, lastReadAtMs } = status
  const isSame = lastError?.message === reason?.message
  const last =
    lastError === undefined || isSame ? '' : `\n${colors.dim('last error')} ${reasonText(lastError)}`
  const read = lastReadAtMs === undefined ? '' : `\nlast read ${new Date(lastReadAtMs).toISOString()}\n`
  return `${table}${why}\nsince the start of the server:\n${countTable}${last}${read}`
}

function reasonText({ code, message, atMs }: StreamReason): string {
  return `${message} [${code}] at ${new Date(atMs).toISOString()}\n`
}
