import { isDeepStrictEqual } from 'node:util'
import { type Static, Type } from 'typebox'
import { latestVersion, type PartView, type TriggerSpec } from '../../../resources/index.ts'
import {
  answered,
  type Call,
  type Handler,
  isObject,
  jsonHandler,
  jsonOf,
  nothing,
  queryOf,
} from '../call.ts'
import { creating } from '../creating.ts'
import { foreignOf, stableId, timeOf, triggerConfigOf, triggerSpecOf } from '../model/index.ts'
import { pageOf } from '../paging.ts'
import type { FcParts } from '../parts.ts'
import { invalidArgument } from '../refusal.ts'
import type { Subject, SubjectOf } from '../subject.ts'

const common = {
  qualifier: Type.Optional(Type.String({ maxLength: 128 })),
  description: Type.Optional(Type.String({ maxLength: 256 })),
  invocationRole: Type.Optional(Type.String({ maxLength: 300 })),
  sourceArn: Type.Optional(Type.String({ maxLength: 300 })),
}

/** The configuration is the JSON text of an object, or in the oldest version the object. */
const Config = Type.Union([Type.String({ maxLength: 196_608 }), Type.Record(Type.String(), Type.Unknown())])

const CreateTrigger = Type.Object({
  triggerName: Type.String({ minLength: 1, maxLength: 128 }),
  triggerType: Type.String({ minLength: 1, maxLength: 64 }),
  triggerConfig: Type.Optional(Config),
  ...common,
})
const UpdateTrigger = Type.Object({ triggerConfig: Type.Optional(Config), ...common })

export interface TriggerWays {
  readonly subjectOf: SubjectOf
  /** How answers carry the configuration; `call` tells where the two versions of a generation differ. */
  configAs(call: Call): 'text' | 'object'
  /** What a qualifier in the body stands for here. */
  qualifierOf(call: Call, subject: Subject, shown: string): string | Promise<string>
  /** Is told when a function has got its HTTP trigger, or has lost it. */
  followHttp?(subject: Subject, hasTrigger: boolean): Promise<void>
}

/** Triggers of a function (function-compute section 8.1): those of HTTP and of timers. */
export function triggerHandlers(parts: FcParts, ways: TriggerWays) {
  const { triggers, functions } = parts.services.resources
  const show = (call: Call, subject: Subject, name: string) =>
    shownTrigger(call, subject, triggers.get(subject.account, subject.name, name), ways)

  const create = jsonHandler(CreateTrigger, async (call, input) => {
    const subject = await ways.subjectOf(call)
    functions.get(subject.account, subject.name)
    const { triggerName, triggerType, triggerConfig = '{}' } = input
    const spec = await specOf(ways, call, subject, triggerType, { ...input, triggerConfig })
    await creating('Trigger', `trigger '${triggerName}'`, () =>
      triggers.put(subject.account, subject.name, triggerName, spec, 0),
    )
    if (spec.kind === 'http') await ways.followHttp?.(subject, true)
    return answered(show(call, subject, triggerName))
  })

  const update = jsonHandler(UpdateTrigger, async (call, input) => {
    const subject = await ways.subjectOf(call)
    const name = call.params['trigger'] ?? ''
    const { spec, revision } = triggers.get(subject.account, subject.name, name)
    const kept = foreignOf(spec.foreign)
    const before = {
      triggerConfig: writtenConfig(spec) ?? triggerConfigOf(spec),
      qualifier: shownQualifier(spec),
      description: spec.description,
      invocationRole: textOf(kept['invocationRole']),
      sourceArn: textOf(kept['sourceArn']),
    }
    const changed = await specOf(ways, call, subject, spec.kind, { ...before, ...input })
    await triggers.put(subject.account, subject.name, name, changed, revision)
    return answered(show(call, subject, name))
  })

  const get: Handler = async call => {
    const subject = await ways.subjectOf(call)
    return answered(show(call, subject, call.params['trigger'] ?? ''))
  }

  const list: Handler = async call => {
    const subject = await ways.subjectOf(call)
    const { triggers: all } = functions.view(subject.account, subject.name)
    const prefix = queryOf(call, 'prefix') ?? ''
    const found = [...all.values()].filter(({ name }) => name.startsWith(prefix))
    const { items, ...next } = pageOf(call, found, ({ name }) => name)
    return answered({ triggers: items.map(one => shownTrigger(call, subject, one, ways)), ...next })
  }

  const remove: Handler = async call => {
    const subject = await ways.subjectOf(call)
    const name = call.params['trigger'] ?? ''
    const { spec } = triggers.get(subject.account, subject.name, name)
    await triggers.delete(subject.account, subject.name, name)
    if (spec.kind === 'http') await ways.followHttp?.(subject, false)
    return nothing
  }

  return { create, update, get, list, remove }
}

async function specOf(
  ways: TriggerWays,
  call: Call,
  subject: Subject,
  type: string,
  input: Static<typeof UpdateTrigger>,
): Promise<TriggerSpec> {
  const { triggerConfig = '{}', qualifier = '', description = '', invocationRole, sourceArn } = input
  const shown = qualifier === '' ? latestVersion : qualifier
  return triggerSpecOf(type, parsedConfig(triggerConfig), {
    qualifier: await ways.qualifierOf(call, subject, shown),
    description,
    kept: { triggerConfig, qualifier: shown, invocationRole, sourceArn },
  })
}

type TriggerPart = PartView<TriggerSpec>

function parsedConfig(config: unknown): unknown {
  return typeof config === 'string' ? jsonOf(config === '' ? '{}' : config, 'triggerConfig') : config
}

function shownTrigger(
  call: Call,
  subject: Subject,
  { name, spec, createdAtMs, updatedAtMs }: TriggerPart,
  ways: TriggerWays,
): Record<string, unknown> {
  const kept = foreignOf(spec.foreign)
  const config = writtenConfig(spec) ?? triggerConfigOf(spec)
  const isText = ways.configAs(call) === 'text'
  const triggerConfig = isText
    ? typeof config === 'string'
      ? config
      : JSON.stringify(config)
    : parsedConfig(config)
  const urls = spec.kind === 'http' ? urlsOf(call, subject, spec.qualifier ?? latestVersion) : {}
  return {
    triggerName: name,
    triggerType: spec.kind,
    triggerId: stableId('trigger', subject.account, subject.name, name, createdAtMs),
    triggerConfig,
    qualifier: shownQualifier(spec),
    description: spec.description,
    invocationRole: textOf(kept['invocationRole']),
    sourceArn: textOf(kept['sourceArn']),
    targetArn: subject.arn,
    status: '',
    ...urls,
    createdTime: timeOf(createdAtMs),
    lastModifiedTime: timeOf(updatedAtMs),
  }
}

/** The configuration as this interface wrote it, as long as the trigger is what that says. */
function writtenConfig(spec: TriggerSpec): string | Record<string, unknown> | undefined {
  const kept = foreignOf(spec.foreign)
  const config = kept['triggerConfig']
  if (typeof config !== 'string' && !isObject(config)) return undefined
  try {
    const words = { qualifier: spec.qualifier ?? latestVersion, description: spec.description, kept }
    return isDeepStrictEqual(triggerSpecOf(spec.kind, parsedConfig(config), words), spec) ? config : undefined
  } catch {
    // It was checked when it was written; what is not understood any more is not what holds.
    return undefined
  }
}

function shownQualifier(spec: TriggerSpec): string {
  const { qualifier } = foreignOf(spec.foreign)
  return typeof qualifier === 'string' ? qualifier : (spec.qualifier ?? latestVersion)
}

/** Both names of the address that both generations know. */
function urlsOf({ origin }: Call, { account, name }: Subject, qualifier: string): Record<string, unknown> {
  const form = qualifier === latestVersion ? '' : `${qualifier}/`
  const url = `${origin}/fn/${account}/${name}/${form}`
  return { httpTrigger: { urlInternet: url, urlIntranet: url }, urlInternet: url, urlIntranet: url }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** A qualifier of the body that stands for itself. */
export function sameQualifier(_call: Call, _subject: Subject, shown: string): string {
  if (/^[\w-]{1,128}$/.test(shown)) return shown
  throw invalidArgument('a qualifier has 1 to 128 letters, digits, hyphens or underscores')
}
