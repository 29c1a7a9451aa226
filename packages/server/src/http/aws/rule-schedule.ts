import { busKey, type RuleSpec } from '../../resources/index.ts'
import { awsDefaultBus, ruleArn } from './names.ts'
import type { Call } from './operation.ts'
import { invalid } from './refusal.ts'
import { calendarOf } from './schedule-expression.ts'

const source = 'aws.events'
const detailType = 'Scheduled Event'

/** The stream that publishes the firings of a rule. */
function streamName(rule: string): string {
  return `aws-schedule-${rule}`
}

/** What finds the firings of a rule among the events of the bus. */
export function firedPattern(call: Call, rule: string): Record<string, unknown> {
  return { source: [source], type: [detailType], subject: [ruleArn(call, awsDefaultBus, rule)] }
}

/**
 * Publishes an event on the default bus at each time of the expression: a stream from a calendar to the bus. Throws
 * `ValidationException` for other buses, and for expressions that mean nothing here.
 */
export async function putSchedule(
  call: Call,
  bus: string,
  rule: string,
  expression: string,
  state: RuleSpec['state'],
): Promise<void> {
  if (bus !== awsDefaultBus) throw invalid('ScheduleExpression is supported only on the default event bus.')
  await call.services.resources.streams.put(call.account, streamName(rule), {
    description: `The schedule of the rule ${rule}.`,
    source: { connector: 'schedule', options: { schedule: calendarOf(expression) } },
    transform: { form: 'TEMPLATE', value: { id: '$.id', time: '$.time' }, template: firing(call, rule) },
    sink: { bus },
    paused: state === 'disabled',
  })
}

/** A firing as a CloudEvent; `${id}` and `${time}` are those of the calendar. */
function firing(call: Call, rule: string): string {
  const arn = ruleArn(call, awsDefaultBus, rule)
  return JSON.stringify({
    specversion: '1.0',
    id: '${id}',
    source,
    type: detailType,
    time: '${time}',
    subject: arn,
    datacontenttype: 'application/json',
    awsaccount: call.owner,
    awsregion: call.region,
    awsresources: JSON.stringify([arn]),
    data: {},
  })
}

/** A rule that is disabled has nothing published for it. */
export async function switchSchedule(
  call: Call,
  bus: string,
  rule: string,
  state: RuleSpec['state'],
): Promise<void> {
  const found = findSchedule(call, bus, rule)
  if (found === undefined) return
  const spec = { ...found.spec, paused: state === 'disabled' }
  await call.services.resources.streams.put(call.account, found.name, spec, found.revision)
}

export async function deleteSchedule(call: Call, bus: string, rule: string): Promise<void> {
  const found = findSchedule(call, bus, rule)
  if (found !== undefined) await call.services.resources.streams.delete(call.account, found.name)
}

function findSchedule({ services, account }: Call, bus: string, rule: string) {
  if (bus !== awsDefaultBus) return undefined
  return services.resources.snapshots.current().streams.get(busKey(account, streamName(rule)))
}
