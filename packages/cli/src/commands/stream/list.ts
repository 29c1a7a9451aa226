import type { Client, Resource, StreamSpec, StreamStatus } from '@millrace/sdk'
import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import { renderTable } from '../../table.ts'
import type { CommandContext } from '../../terminal.ts'
import { lagText, sinkText, sourceText, stateText } from './state-text.ts'

interface ListFlags extends ConnectionFlags {
  json?: boolean
}

/** Streams whose status is asked for at once: each may have to ask its source. */
const asksMax = 8

/** `millrace stream list`: all streams, and how each stands. */
export function streamListCommand({ terminal }: CommandContext): Command {
  return new Command('list')
    .alias('ls')
    .description('list the streams and how they stand')
    .option('--json', 'JSON instead of a table')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (flags: ListFlags) => {
      const client = connect(terminal, flags)
      const items = await Array.fromAsync(client.streams.all())
      const statuses = await statusesOf(client, items)
      if (flags.json === true) {
        const whole = items.map((item, index) => ({ ...item, status: statuses[index] }))
        terminal.out(`${JSON.stringify(whole, null, 2)}\n`)
        return
      }
      if (items.length === 0) {
        terminal.error(
          'there are no streams yet; make one with: millrace stream create NAME --from … --to …\n',
        )
        return
      }
      const rows = items.map(({ name, spec }, index) => {
        const status = statuses[index]
        const ends = [name, sourceText(spec.source), sinkText(spec.sink)]
        if (status === undefined) return [...ends, '–', '–', '–', '']
        const { state, writtenPerSecond, reason } = status
        const rate = writtenPerSecond.toFixed(1)
        return [...ends, stateText(terminal.colors, state), lagText(status), rate, reason?.code ?? '']
      })
      terminal.out(renderTable(['stream', 'from', 'to', 'state', 'lag', 'written/s', 'because'], rows))
    })
}

/** In the order of the streams; `undefined` for one that was deleted meanwhile. */
async function statusesOf(
  { streams }: Client,
  items: readonly Resource<StreamSpec>[],
): Promise<(StreamStatus | undefined)[]> {
  const statuses: (StreamStatus | undefined)[] = []
  for (let start = 0; start < items.length; start += asksMax) {
    const asked = items.slice(start, start + asksMax)
    statuses.push(
      ...(await Promise.all(asked.map(({ name }) => streams.status(name).catch(() => undefined)))),
    )
  }
  return statuses
}
