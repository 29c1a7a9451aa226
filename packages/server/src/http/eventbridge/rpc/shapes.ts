import type { Answer } from '../action.ts'

/** What an answer is besides the members that every one has. */
export interface RpcAnswer {
  readonly Data?: unknown
  readonly [member: string]: unknown
}

/** Makes the answer of this style of what the action has answered. `input` is what it was asked. */
export type Shape = (answer: Answer, input: Readonly<Record<string, unknown>>) => RpcAnswer

export const whole: Shape = answer => ({ Data: answer })
export const nothing: Shape = () => ({})
export const done: Shape = () => ({ Data: true })

/** The name under which the service answers the creation of an API destination is a slip of its own; both are given. */
export const createdDestination: Shape = answer => ({ Date: answer, Data: answer })
export const updatedDestination: Shape = answer => ({ ...answer, Data: answer })

function listOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? (value as Record<string, unknown>[]) : []
}

/** Which events go to a target: those that its parameters make, or as they are. */
function targetOf(target: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const PushSelector = listOf(target['ParamList']).length > 0 ? 'PARAM_TRANSFORMER' : 'MATCHED_EVENT'
  return { ErrorsTolerance: 'ALL', PushSelector, DetailMap: {}, ...target }
}

function ruleOf({ Ctime, Mtime: _changed, Targets, ...rule }: Readonly<Record<string, unknown>>) {
  return { ...rule, CreatedTimestamp: Ctime, DetailMap: {}, Targets: listOf(Targets).map(targetOf) }
}

export const rule: Shape = answer => ({ Data: ruleOf(answer) })

export const rules: Shape = ({ Rules, ...page }) => ({
  Data: { Rules: listOf(Rules).map(ruleOf), ...page },
})

export const targets: Shape = ({ Targets, ...page }, { EventBusName, RuleName, Arn }) => {
  const found = listOf(Targets)
    .filter(target => typeof Arn !== 'string' || Arn === '' || target['Endpoint'] === Arn)
    .map(target => ({ ...targetOf(target), EventBusName, RuleName }))
  return { Data: { Targets: found, NextToken: '', Total: found.length, ...page } }
}

/** Queries have this code where others have `Success`. */
const ok = { Code: '200' }

/** The event itself. */
export const event: Shape = ({ EventMap }, { EventIds }) => {
  const [id = ''] = Array.isArray(EventIds) ? (EventIds as string[]) : []
  const text = (EventMap as Readonly<Record<string, string>>)[id]
  return { ...ok, Data: text === undefined ? {} : (JSON.parse(text) as unknown) }
}

export const traces: Shape = ({ EventTraceList }) => ({
  ...ok,
  Data: listOf(EventTraceList).map(({ RuleMatchingTime, NotifyLatency, ...trace }) => ({
    ...trace,
    ...(RuleMatchingTime === undefined ? {} : { RuleMatchingTime: String(Number(RuleMatchingTime)) }),
    ...(NotifyLatency === undefined ? {} : { NotifyLatency: String(Number(NotifyLatency)) }),
  })),
})

function tracedEvents({ TracedEvents, ...page }: Answer): Record<string, unknown> {
  const Events = listOf(TracedEvents).map(traced => ({
    ...traced,
    EventReceivedTime: Number(traced['EventReceivedTime']),
  }))
  return { Events, ...page }
}

export const tracedById: Shape = answer => ({ ...ok, Data: [tracedEvents(answer)] })
export const traced: Shape = answer => ({ ...ok, Data: tracedEvents(answer) })

/** Entries of the list of sources, under the names of this style. */
export const userSources: Shape = ({ EventSources, ...page }) => ({
  Data: {
    EventSourceList: listOf(EventSources).map(({ ARN, SourceHttpEventResponse, ...source }) => ({
      ...source,
      Arn: ARN,
      Type: 'UserDefined',
      ...(SourceHttpEventResponse === undefined
        ? {}
        : { SourceHttpEventParameters: SourceHttpEventResponse }),
    })),
    ...page,
  },
})

export const officialSources: Shape = ({ EventSourceList }) => ({
  Data: {
    EventSourceList: listOf(EventSourceList).map(({ ARN, ...source }) => ({
      FullName: source['Name'],
      ...source,
      Arn: ARN,
      Type: '1',
    })),
  },
})
