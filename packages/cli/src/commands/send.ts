import { readFile } from 'node:fs/promises'
import { type EventInput, MillraceError } from '@millrace/sdk'
import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../connection.ts'
import type { CommandContext } from '../terminal.ts'

interface SendFlags extends ConnectionFlags {
  type?: string
  source?: string
  subject?: string
  id?: string
  file?: string
}

/** Events of one request; the server takes no more than 1,000. */
const batchSize = 500

/** `millrace send BUS [DATA]`: one event from the command line, or many from a file of JSON lines or `-`. */
export function sendCommand({ terminal, exit }: CommandContext): Command {
  return new Command('send')
    .description('publish an event, or the events of a file')
    .argument('<bus>', 'name of the bus')
    .argument('[data]', 'data of the event as JSON, or as text where it is none')
    .option('--type <type>', 'type of the event', 'millrace.test')
    .option('--source <source>', 'source of the event', 'millrace.cli')
    .option('--subject <subject>', 'subject of the event')
    .option('--id <id>', 'id of the event; a new one unless given')
    .option('--file <path>', 'CloudEvents as JSON lines or one JSON array; - is standard input')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (bus: string, data: string | undefined, flags: SendFlags) => {
      const client = connect(terminal, flags)
      if (flags.file === undefined) {
        const { id, position, duplicate } = await client.events.publish(bus, eventFrom(data, flags))
        terminal.out(`${duplicate ? 'known already' : 'accepted'}: ${id} at position ${position} of ${bus}\n`)
        return
      }
      const text =
        flags.file === '-'
          ? Buffer.from(await terminal.readInput()).toString()
          : await readFile(flags.file, 'utf8')
      const events = parseEvents(text)
      let accepted = 0
      let failed = 0
      for (let start = 0; start < events.length; start += batchSize) {
        const result = await client.events.publishBatch(bus, events.slice(start, start + batchSize))
        accepted += result.accepted
        failed += result.failed
        for (const [index, outcome] of result.outcomes.entries()) {
          if ('error' in outcome)
            terminal.error(`event ${start + index + 1}: ${outcome.error.detail} [${outcome.error.code}]\n`)
        }
        if (terminal.isInteractive) terminal.out(`\r${accepted + failed} of ${events.length} sent`)
      }
      terminal.out(`${terminal.isInteractive ? '\r' : ''}${accepted} accepted, ${failed} refused\n`)
      if (failed > 0) exit(1)
    })
}

function eventFrom(data: string | undefined, flags: SendFlags): EventInput {
  return {
    source: flags.source ?? '',
    type: flags.type ?? '',
    ...(flags.id === undefined ? {} : { id: flags.id }),
    ...(flags.subject === undefined ? {} : { subject: flags.subject }),
    ...(data === undefined ? {} : dataMembers(data)),
  }
}

function dataMembers(text: string): Pick<EventInput, 'data' | 'datacontenttype'> {
  try {
    return { datacontenttype: 'application/json', data: JSON.parse(text) as unknown }
  } catch {
    return { datacontenttype: 'text/plain', data: text }
  }
}

/** One JSON array, or one JSON object per line. */
export function parseEvents(text: string): EventInput[] {
  if (text.trimStart().startsWith('[')) return JSON.parse(text) as EventInput[]
  const events: EventInput[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    try {
      events.push(JSON.parse(line) as EventInput)
    } catch (cause) {
      throw new MillraceError('client.unreadable', `line ${index + 1} is not JSON`, 0, {}, { cause })
    }
  }
  return events
}
