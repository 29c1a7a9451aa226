import { readAttributes } from '@millrace/cloudevents'
import { type Static, Type } from 'typebox'
import { liveVersions } from '../../bus/index.ts'
import type { JournalEntry } from '../../delivery/index.ts'
import { busKey, type BusView } from '../../resources/index.ts'
import type { Services } from '../services.ts'
import { type Action, type Answer, jsonAction } from './action.ts'
import { eventsOfPeriod, findById, type FoundEvent } from './event-search.ts'
import { nextToken, PageMembers, windowOf } from './paging.ts'
import { Refusal } from './refusal.ts'
import { endpointOf } from './target-view.ts'

const EventId = Type.String({ minLength: 1, maxLength: 1_024 })
const QueryEventTraces = Type.Object({ EventBusName: Type.String(), EventId })
const QueryEventByEventId = Type.Object({
  EventBusName: Type.String(),
  EventSource: Type.Optional(Type.String()),
  EventId,
  ...PageMembers,
})
const QueryEventsByEventIds = Type.Object({
  EventBusName: Type.String(),
  EventIds: Type.Array(EventId, { minItems: 1, maxItems: 100 }),
  EventSourceName: Type.Optional(Type.String()),
})
const QueryEventsByPeriod = Type.Object({
  EventBusName: Type.String(),
  StartTime: Type.Integer({ minimum: 0 }),
  EndTime: Type.Integer({ minimum: 0 }),
  EventSource: Type.Optional(Type.String()),
  EventType: Type.Optional(Type.String()),
  Subject: Type.Optional(Type.String()),
  MatchedRule: Type.Optional(Type.String()),
  ...PageMembers,
})

/** What became of events, and the events themselves (sections 2.5, 17 to 20, and 11.1). */
export function traceActions(services: Services): Readonly<Record<string, Action>> {
  return {
    queryEventTraces: jsonAction('event', QueryEventTraces, async (account, input) => {
      const bus = busView(services, account, input.EventBusName)
      const steps = []
      for (const found of await findById(services, bus.key, [input.EventId], undefined)) {
        steps.push(...(await stepsOf(services, bus, found)))
      }
      return { EventTraceList: steps }
    }),
    queryEventByEventId: jsonAction('event', QueryEventByEventId, async (account, input) => {
      const bus = busView(services, account, input.EventBusName)
      const window = windowOf(input)
      const found = await findById(services, bus.key, [input.EventId], nonEmpty(input.EventSource))
      const page = found.slice(window.offset, window.offset + window.limit)
      return pageAnswer(bus, page, nextToken(window, found.length), found.length)
    }),
    queryEventsByEventIds: jsonAction('event', QueryEventsByEventIds, async (account, input) => {
      const bus = busView(services, account, input.EventBusName)
      const found = await findById(services, bus.key, input.EventIds, nonEmpty(input.EventSourceName))
      const texts: [string, string][] = found.map(({ entry, attributes }) => [
        String(attributes['id']),
        Buffer.from(entry.bytes).toString(),
      ])
      return { EventBusName: bus.name, EventMap: Object.fromEntries(texts) }
    }),
    queryEventsByPeriod: jsonAction('event', QueryEventsByPeriod, (account, input) =>
      byPeriod(services, busView(services, account, input.EventBusName), input),
    ),
  }
}

function busView(services: Services, account: string, name: string): BusView {
  services.resources.buses.get(account, name)
  const bus = services.resources.snapshots.current().buses.get(busKey(account, name))
  if (bus === undefined) throw new Refusal('EventBusNotExist', `there is no bus ${name}`)
  return bus
}

async function byPeriod(
  services: Services,
  bus: BusView,
  input: Static<typeof QueryEventsByPeriod>,
): Promise<Answer> {
  const window = windowOf(input)
  if (input.StartTime > input.EndTime)
    throw new Refusal('RequestParameterInvalid', 'StartTime is later than EndTime')
  const page: FoundEvent[] = []
  let total = 0
  for await (const entry of eventsOfPeriod(services, bus.key, input.StartTime, input.EndTime)) {
    const attributes = readAttributes(entry.bytes)
    if (!fits(attributes, 'source', input.EventSource)) continue
    if (!fits(attributes, 'type', input.EventType) || !fits(attributes, 'subject', input.Subject)) continue
    const rule = nonEmpty(input.MatchedRule)
    if (rule !== undefined && !liveVersions(bus, entry).some(version => version.rule === rule)) continue
    if (total >= window.offset && page.length < window.limit) page.push({ entry, attributes })
    total++
  }
  return pageAnswer(bus, page, nextToken(window, total), total)
}

function fits(
  attributes: Readonly<Record<string, unknown>>,
  name: string,
  wanted: string | undefined,
): boolean {
  return nonEmpty(wanted) === undefined || attributes[name] === wanted
}

function pageAnswer(bus: BusView, page: readonly FoundEvent[], token: string, total: number): Answer {
  const TracedEvents = page.map(({ entry, attributes }) => ({
    EventId: attributes['id'],
    EventBusName: bus.name,
    EventSource: attributes['source'],
    EventType: attributes['type'],
    EventReceivedTime: String(entry.acceptedAtMs),
  }))
  return { TracedEvents, NextToken: token, Total: total }
}

/**
 * Received, matched by each rule, pushed by each target: one step for each attempt that failed and each ending. The
 * engine does not note when it routed an event, so the matching bears the time of the acceptance.
 */
async function stepsOf(services: Services, bus: BusView, { entry, attributes }: FoundEvent) {
  const common = {
    ResourceOwnerId: bus.account,
    EventId: attributes['id'],
    EventBusName: bus.name,
    EventSource: attributes['source'],
  }
  const time = entry.acceptedAtMs
  const received = { ...common, Action: 'PutEvent', ActionTime: String(time), ReceivedTime: time }
  const matched = liveVersions(bus, entry).map(({ rule }) => ({
    ...common,
    Action: 'FilterEvent',
    ActionTime: String(time),
    RuleName: rule,
    RuleMatchingTime: time,
  }))
  const journal = await services.delivery.trace(bus.key, entry.position)
  const pushed = journal.map(line => ({
    ...common,
    Action: 'PushEvent',
    ActionTime: String(line.atMs),
    RuleName: line.rule,
    Endpoint: endpoint(services, bus, line),
    NotifyTime: line.atMs,
    NotifyLatency: line.durationMs,
    NotifyStatus: notifyStatus(line),
  }))
  return [received, ...matched, ...pushed]
}

function endpoint(services: Services, bus: BusView, line: JournalEntry): string {
  const target = bus.rules.get(line.rule)?.spec.targets.find(({ id }) => id === line.target)
  if (target === undefined) return ''
  return endpointOf(target, { region: services.node.region, account: bus.account })
}

/** `[<status>]<text>`; targets that answer without a status have 200 or 500. */
function notifyStatus({ ending, code, detail = '' }: JournalEntry): string {
  const status = /^\d{3}\b/.exec(detail)?.[0]
  if (ending === 'delivered') return `[${status ?? 200}]Ok`
  return `[${status ?? 500}]${[ending, code, detail].filter(Boolean).join(' ')}`
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}
