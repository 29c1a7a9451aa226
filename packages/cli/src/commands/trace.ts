import type { EventTrace } from '@millrace/sdk'
import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../connection.ts'
import { renderTable } from '../table.ts'
import type { CommandContext, Terminal } from '../terminal.ts'

interface TraceFlags extends ConnectionFlags {
  json?: boolean
}

/** `millrace trace BUS POSITION`: which rules an event met, why those that did not match did not, and what became of it. */
export function traceCommand({ terminal }: CommandContext): Command {
  return new Command('trace')
    .description('tell what became of an event, and why')
    .argument('<bus>', 'name of the bus')
    .argument('<position>', 'position of the event, as told when it was accepted')
    .option('--json', 'the whole answer as JSON')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (bus: string, position: string, flags: TraceFlags) => {
      const trace = await connect(terminal, flags).events.trace(bus, Number(position))
      if (flags.json === true) terminal.out(`${JSON.stringify(trace, null, 2)}\n`)
      else showTrace(terminal, trace)
    })
}

function showTrace(terminal: Terminal, { position, acceptedAtMs, rules, journal }: EventTrace): void {
  const { green, dim } = terminal.colors
  terminal.out(`accepted at ${new Date(acceptedAtMs).toISOString()}, position ${position}\n\n`)
  const verdicts = rules.map(({ rule, matched, explanation }) => [
    rule,
    matched ? green('matched') : dim('no match'),
    matched ? '' : explanation.summary,
  ])
  terminal.out(renderTable(['rule', 'verdict', 'because'], verdicts))
  if (journal.length === 0) return
  const lines = journal.map(({ rule, target, attempts, ending, code, detail, atMs }) => [
    new Date(atMs).toISOString().slice(11, 23),
    `${rule}/${target}`,
    `attempt ${attempts}`,
    ending ?? code ?? '',
    detail ?? '',
  ])
  terminal.out(`\n${renderTable(['at', 'target', 'turn', 'ending', 'detail'], lines)}`)
}
