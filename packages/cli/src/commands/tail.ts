import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../connection.ts'
import type { CommandContext } from '../terminal.ts'

interface TailFlags extends ConnectionFlags {
  from?: string
  pattern?: string
  json?: boolean
}

/** `millrace tail BUS`: events as they are accepted, a line each, until Ctrl-C. */
export function tailCommand({ terminal }: CommandContext): Command {
  return new Command('tail')
    .description('show the events of a bus as they come')
    .argument('<bus>', 'name of the bus')
    .option('--from <position>', 'begin at this position instead of now')
    .option('--pattern <json>', 'only events that match this pattern')
    .option('--json', 'the whole event, one JSON line each')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (bus: string, flags: TailFlags) => {
      const signal = terminal.interrupted()
      const pattern =
        flags.pattern === undefined ? undefined : (JSON.parse(flags.pattern) as Record<string, unknown>)
      const events = connect(terminal, flags).events.tail(bus, {
        signal,
        ...(flags.from === undefined ? {} : { from: Number(flags.from) }),
        ...(pattern === undefined ? {} : { pattern }),
      })
      const { dim, cyan } = terminal.colors
      try {
        for await (const { position, event } of events) {
          if (flags.json === true) terminal.out(`${JSON.stringify(event)}\n`)
          else {
            const data = JSON.stringify(event['data'] ?? event['data_base64'] ?? null)
            const shown = data.length > 120 ? `${data.slice(0, 119)}…` : data
            const head = `${dim(String(position).padStart(8))} ${dim(text(event['time']))}`
            terminal.out(`${head} ${cyan(text(event['type']))} ${text(event['source'])} ${dim(shown)}\n`)
          }
        }
      } catch (thrown) {
        if (!signal.aborted) throw thrown
      }
    })
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
