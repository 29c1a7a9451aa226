import type { Access } from '../../auth/index.ts'
import { arnOf, type Place } from '../access.ts'
import { awsDefaultBus, busName, ownResource } from './names.ts'
import type { Call } from './operation.ts'

/** Who calls, as far as names of resources depend on it. */
type Caller = Pick<Call, 'owner'>
type Input = Readonly<Record<string, unknown>>
type Names = (input: Input, caller: Caller) => readonly string[]

/** What an operation needs: an action, and the resources that its input names. */
export interface OperationAccess {
  readonly action: string
  readonly resources: Names
}

function on(action: string, resources: Names | string): OperationAccess {
  return { action, resources: typeof resources === 'string' ? () => [resources] : resources }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const bus =
  (member: string): Names =>
  (input, caller) => [`eventbus/${nameOf(input[member], caller)}`]
const rule =
  (member: string): Names =>
  (input, caller) => [`eventbus/${nameOf(input['EventBusName'], caller)}/rule/${text(input[member])}`]
const named =
  (kind: string): Names =>
  input => [`${kind}/${text(input['Name'])}`]

/** The platform's own name of the bus: a policy that names it holds, whatever the interface calls it. */
function nameOf(reference: unknown, caller: Caller): string {
  return typeof reference === 'string' ? busName(caller, reference) : awsDefaultBus
}

/** One name of each bus that entries go to. */
const entryBuses: Names = ({ Entries }, caller) => {
  const entries = Array.isArray(Entries) ? (Entries as readonly Input[]) : []
  return [...new Set(entries.map(({ EventBusName }) => `eventbus/${nameOf(EventBusName, caller)}`))]
}

const tagged: Names = ({ ResourceARN }, caller) => {
  const [kind = '', first = '', second] = ownResource(caller, text(ResourceARN)).split('/')
  if (kind === 'event-bus') return [`eventbus/${nameOf(first, caller)}`]
  return second === undefined
    ? [`eventbus/${awsDefaultBus}/rule/${first}`]
    : [`eventbus/${nameOf(first, caller)}/rule/${second}`]
}

const archive: Names = input => [`eventbridge:archive/${text(input['ArchiveName'])}`]
const replay =
  (member: string): Names =>
  input => [`eventbridge:replay/${text(input[member])}`]
const endpoints = 'eventbridge:endpoint/*'
const partners = 'eventbridge:eventsource/*'

/**
 * What each operation needs, under the names that the platform has for it in all interfaces: a PutRule, which makes a rule or replaces one, needs
 * both permissions. The server does not start with an operation that is not here.
 */
export const operationAccess: Readonly<Record<string, readonly OperationAccess[]>> = {
  PutEvents: [on('eventbridge:PutEvents', entryBuses)],
  TestEventPattern: [on('eventbridge:TestEventPattern', '*')],
  CreateEventBus: [on('eventbridge:CreateEventBus', bus('Name'))],
  UpdateEventBus: [on('eventbridge:UpdateEventBus', bus('Name'))],
  DescribeEventBus: [on('eventbridge:GetEventBus', bus('Name'))],
  ListEventBuses: [on('eventbridge:ListEventBuses', 'eventbus/*')],
  DeleteEventBus: [on('eventbridge:DeleteEventBus', bus('Name'))],
  PutPermission: [on('eventbridge:UpdateEventBus', bus('EventBusName'))],
  RemovePermission: [on('eventbridge:UpdateEventBus', bus('EventBusName'))],
  PutRule: [on('eventbridge:CreateRule', rule('Name')), on('eventbridge:UpdateRule', rule('Name'))],
  DescribeRule: [on('eventbridge:GetRule', rule('Name'))],
  DeleteRule: [on('eventbridge:DeleteRule', rule('Name'))],
  EnableRule: [on('eventbridge:EnableRule', rule('Name'))],
  DisableRule: [on('eventbridge:DisableRule', rule('Name'))],
  ListRules: [
    on('eventbridge:ListRules', (input, caller) =>
      bus('EventBusName')(input, caller).map(one => `${one}/rule/*`),
    ),
  ],
  ListRuleNamesByTarget: [
    on('eventbridge:ListRules', (input, caller) =>
      bus('EventBusName')(input, caller).map(one => `${one}/rule/*`),
    ),
  ],
  PutTargets: [on('eventbridge:PutTargets', rule('Rule'))],
  RemoveTargets: [on('eventbridge:DeleteTargets', rule('Rule'))],
  ListTargetsByRule: [on('eventbridge:ListTargets', rule('Rule'))],
  CreateArchive: [on('millrace:CreateArchive', archive)],
  UpdateArchive: [on('millrace:UpdateArchive', archive)],
  DescribeArchive: [on('millrace:GetArchive', archive)],
  DeleteArchive: [on('millrace:DeleteArchive', archive)],
  ListArchives: [on('millrace:ListArchives', 'eventbridge:archive/*')],
  StartReplay: [on('millrace:StartReplay', replay('ReplayName'))],
  CancelReplay: [on('millrace:CancelReplay', replay('ReplayName'))],
  DescribeReplay: [on('millrace:GetReplay', replay('ReplayName'))],
  ListReplays: [on('millrace:ListReplays', 'eventbridge:replay/*')],
  CreateConnection: [on('eventbridge:CreateConnection', named('connection'))],
  UpdateConnection: [on('eventbridge:UpdateConnection', named('connection'))],
  DescribeConnection: [on('eventbridge:GetConnection', named('connection'))],
  DeleteConnection: [on('eventbridge:DeleteConnection', named('connection'))],
  DeauthorizeConnection: [on('eventbridge:UpdateConnection', named('connection'))],
  ListConnections: [on('eventbridge:ListConnections', 'connection/*')],
  CreateApiDestination: [on('eventbridge:CreateApiDestination', named('apidestination'))],
  UpdateApiDestination: [on('eventbridge:UpdateApiDestination', named('apidestination'))],
  DescribeApiDestination: [on('eventbridge:GetApiDestination', named('apidestination'))],
  DeleteApiDestination: [on('eventbridge:DeleteApiDestination', named('apidestination'))],
  ListApiDestinations: [on('eventbridge:ListApiDestinations', 'apidestination/*')],
  TagResource: [on('millrace:TagResource', prefixed(tagged))],
  UntagResource: [on('millrace:UntagResource', prefixed(tagged))],
  ListTagsForResource: [on('millrace:ListTagsForResource', prefixed(tagged))],
  CreateEndpoint: [on('millrace:CreateEndpoint', endpoints)],
  UpdateEndpoint: [on('millrace:UpdateEndpoint', endpoints)],
  DescribeEndpoint: [on('millrace:GetEndpoint', endpoints)],
  DeleteEndpoint: [on('millrace:DeleteEndpoint', endpoints)],
  ListEndpoints: [on('millrace:ListEndpoints', endpoints)],
  CreatePartnerEventSource: [on('millrace:CreatePartnerEventSource', partners)],
  DeletePartnerEventSource: [on('millrace:DeletePartnerEventSource', partners)],
  DescribePartnerEventSource: [on('millrace:GetPartnerEventSource', partners)],
  ListPartnerEventSources: [on('eventbridge:ListPartnerEventSources', 'eventbus/*')],
  ListPartnerEventSourceAccounts: [on('millrace:ListPartnerEventSourceAccounts', partners)],
  PutPartnerEvents: [on('millrace:PutPartnerEvents', partners)],
  ActivateEventSource: [on('millrace:ActivateEventSource', partners)],
  DeactivateEventSource: [on('millrace:DeactivateEventSource', partners)],
  DescribeEventSource: [on('millrace:GetEventSource', partners)],
  ListEventSources: [on('millrace:ListEventSources', partners)],
}

/** Of the bus's service, though the action has no counterpart there. */
function prefixed(names: Names): Names {
  return (input, caller) => names(input, caller).map(name => `eventbridge:${name}`)
}

/** The accesses that an input means. */
export function accessesOfOperation(
  name: string,
  input: Input,
  caller: Caller,
  place: Place,
): readonly Access[] {
  return (operationAccess[name] ?? []).flatMap(({ action, resources }) =>
    resources(input, caller).map(resource => ({ action, resource: arnOf(action, resource, place) })),
  )
}
