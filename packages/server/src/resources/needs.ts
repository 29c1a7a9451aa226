import type { RuleSpec } from './rule.ts'
import type { FunctionView } from './snapshot.ts'
import type { SourceSpec, StreamSpec } from './stream.ts'
import type { SinkSpec } from './target.ts'

/** One right that a wiring cannot do without. */
export interface Need {
  /** In the one vocabulary, such as `fc:InvokeFunction`. */
  readonly action: string
  /** The end of the resource's ARN; its service is that of the action. */
  readonly resource: string
}

/** What it takes to write to a sink. A connector is a right of its own where no instance says whose system it reaches. */
export function needsOfSink(sink: SinkSpec): Need {
  if ('connector' in sink) return needOfConnector(sink)
  if ('function' in sink) return { action: 'fc:InvokeFunction', resource: `functions/${sink.function}` }
  if ('queue' in sink) return { action: 'mns:SendMessage', resource: `/queues/${sink.queue}/messages` }
  if ('topic' in sink) return { action: 'mns:PublishMessage', resource: `/topics/${sink.topic}/messages` }
  return { action: 'eventbridge:PutEvents', resource: `eventbus/${sink.bus}` }
}

/** What it takes to read from an outside system, or to write to one. */
export function needOfConnector({ connector, instance }: Pick<SourceSpec, 'connector' | 'instance'>): Need {
  return instance === undefined
    ? { action: 'millrace:UseConnector', resource: `connector/${connector}` }
    : { action: 'millrace:UseInstance', resource: `instance/${instance}` }
}

/** What is needed of one role; of none, the rights of the account do. */
export interface RoleNeeds {
  readonly role: string | undefined
  readonly needs: readonly Need[]
}

/** What a rule needs, for each role by which it acts; its own is among them, also when all of its targets have others. */
export function roleNeedsOfRule({ role, targets }: Pick<RuleSpec, 'role' | 'targets'>): RoleNeeds[] {
  return byRole(
    role,
    targets.flatMap(target => [
      [target.role ?? role, needsOfSink(target.sink)] as const,
      ...sinksNeed(target.deadLetter).map(need => [role, need] as const),
    ]),
  )
}

/** The same for a stream. */
export function roleNeedsOfStream({
  role,
  roles,
  source,
  functions,
  sink,
  deadLetter,
}: StreamSpec): RoleNeeds[] {
  return byRole(role, [
    [roles?.source ?? role, needOfConnector(source)],
    ...functions.map(each => [role, needsOfSink(each)] as const),
    [roles?.sink ?? role, needsOfSink(sink)],
    ...sinksNeed(deadLetter).map(need => [role, need] as const),
  ])
}

/** The roles that a rule names, each once: whoever writes it hands them over. */
export function rolesOfRule({
  role,
  targets = [],
}: Pick<RuleSpec, 'role'> & { readonly targets?: readonly { readonly role?: string }[] }): string[] {
  return named([role, ...targets.map(target => target.role)])
}

/** Those that a stream names. */
export function rolesOfStream({ role, roles }: Pick<StreamSpec, 'role' | 'roles'>): string[] {
  return named([role, roles?.source, roles?.sink])
}

function named(roles: readonly (string | undefined)[]): string[] {
  return [...new Set(roles)].filter(role => role !== undefined)
}

type RoleNeed = readonly [role: string | undefined, need: Need]

function byRole(own: string | undefined, all: readonly RoleNeed[]): RoleNeeds[] {
  const needs = new Map<string | undefined, Need[]>(own === undefined ? [] : [[own, []]])
  for (const [role, need] of all) needs.set(role, [...(needs.get(role) ?? []), need])
  return [...needs].map(([role, list]) => ({ role, needs: distinct(list) }))
}

/** Everything that a rule does besides reading its bus, but for what its targets do by roles of their own. */
export function needsOfRule(rule: Pick<RuleSpec, 'role' | 'targets'>): readonly Need[] {
  return ownNeeds(rule.role, roleNeedsOfRule(rule))
}

/** Everything that a stream does: its source, the functions that change batches, its sink and dead letter, but for what has a role of its own. */
export function needsOfStream(stream: StreamSpec): readonly Need[] {
  return ownNeeds(stream.role, roleNeedsOfStream(stream))
}

function ownNeeds(own: string | undefined, all: readonly RoleNeeds[]): readonly Need[] {
  return all.find(({ role }) => role === own)?.needs ?? []
}

/** What the platform does in the name of a function: it tells its destinations how calls ended. Layers need nothing. */
export function needsOfFunction({ async }: Pick<FunctionView, 'async'>): Need[] {
  return distinct([...async.values()].flatMap(({ spec }) => sinksNeed(spec.onSuccess, spec.onFailure)))
}

function sinksNeed(...sinks: readonly (SinkSpec | undefined)[]): Need[] {
  return sinks.filter(sink => sink !== undefined).map(needsOfSink)
}

/** Each once, in the order of the wiring. */
function distinct(needs: readonly Need[]): Need[] {
  return [...new Map(needs.map(need => [`${need.action} ${need.resource}`, need])).values()]
}
