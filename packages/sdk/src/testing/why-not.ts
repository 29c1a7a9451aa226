import type { Client } from '../index.ts'
import type { EventName } from './test-millrace.ts'
import type { TargetProbe } from './target-probe.ts'

/** Events of the bus that are looked through, newest or not. */
const eventsMax = 1_000

/** A few sentences about why an event has not reached a target. */
export async function whyNot(client: Client, event: EventName, probe: TargetProbe): Promise<string> {
  const begin = `event ${event.id ?? 'without an id'} was not delivered to ${probe.name}`
  const failed = probe.attempts.filter(attempt => attempt.event['id'] === event.id)
  const lines = failed.map(({ attempt, error }) => `attempt ${attempt} failed: ${error}`)
  const [bus = '', rule = ''] = probe.name.split('/')
  if (bus !== 'stream') lines.push(...(await ruleLines(client, event, bus, rule)))
  return [begin, ...lines].join('\n  ')
}

async function ruleLines(client: Client, event: EventName, bus: string, rule: string): Promise<string[]> {
  const { items } = await client.events.list(bus, { limit: eventsMax })
  const found = items.find(item => item.event['id'] === event.id)
  if (found === undefined) return [`bus ${bus} has no such event`]
  const trace = await client.events.trace(bus, found.position)
  const seen = trace.rules.find(each => each.rule === rule)
  if (seen === undefined) return [`there was no rule ${rule} when it came`]
  if (!seen.matched) {
    const fields = seen.explanation.fields.filter(({ verdict }) => verdict !== 'matched')
    return [
      `rule ${rule} does not match: ${seen.explanation.summary}`,
      ...fields.map(
        ({ path, wanted, found: value, verdict }) =>
          `${path}: wanted ${JSON.stringify(wanted)}, found ${JSON.stringify(value)} (${verdict})`,
      ),
    ]
  }
  const ended = trace.journal.filter(entry => entry.rule === rule && entry.ending !== undefined)
  return ended.map(
    ({ target, ending, detail }) =>
      `at ${target} it ended as ${ending}${detail === undefined ? '' : `: ${detail}`}`,
  )
}
