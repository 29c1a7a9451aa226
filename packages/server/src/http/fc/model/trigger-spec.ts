import { Type } from 'typebox'
import type { TriggerSpec } from '../../../resources/index.ts'
import { invalidArgument, notOffered } from '../refusal.ts'
import { checkedOf } from './checked.ts'
import { withForeign } from './foreign.ts'
import { corsSpecOf, httpAuthOf } from './http-auth.ts'

/** What a trigger is told besides its configuration, in either generation. */
export interface TriggerWords {
  /** Of the function here. */
  readonly qualifier: string
  readonly description: string
  /** Kept and given back as they are. */
  readonly kept: Readonly<Record<string, unknown>>
}

const methodNames = ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'PATCH', 'OPTIONS'] as const

const httpConfig = checkedOf(
  Type.Object({
    authType: Type.Optional(Type.String({ maxLength: 64 })),
    authConfig: Type.Optional(Type.Unknown()),
    methods: Type.Optional(
      Type.Array(Type.Union(methodNames.map(name => Type.Literal(name))), { minItems: 1, uniqueItems: true }),
    ),
    disableURLInternet: Type.Optional(Type.Boolean()),
    corsConfig: Type.Optional(Type.Unknown()),
  }),
  'triggerConfig',
)

const timerConfig = checkedOf(
  Type.Object({
    cronExpression: Type.String({ minLength: 1, maxLength: 256 }),
    enable: Type.Optional(Type.Boolean()),
    payload: Type.Optional(Type.String({ maxLength: 131_072 })),
  }),
  'triggerConfig',
)

/** Triggers whose source is a service of the cloud that is not here. */
const absentSources: Readonly<Record<string, string>> = {
  oss: 'triggers of the kind oss',
  log: 'triggers of the kind log',
  mns_topic: 'triggers of the kind mns_topic; subscribe a queue or an HTTP trigger to the topic instead',
  cdn_events: 'triggers of the kind cdn_events',
  tablestore: 'triggers of the kind tablestore',
  eventbridge: 'triggers of the kind eventbridge; write a rule with the function as target instead',
}

/** A trigger from its type and its parsed configuration; refuses kinds that could never fire here. */
export function triggerSpecOf(type: string, config: unknown, words: TriggerWords): TriggerSpec {
  const { qualifier, description, kept } = words
  const common = { qualifier, description, ...withForeign(undefined, kept) }
  if (type === 'timer') {
    const { cronExpression, enable = true, payload = '' } = timerConfig(config)
    return { kind: 'timer', ...common, schedule: cronExpression, payload, enabled: enable }
  }
  if (type === 'http') {
    const {
      authType,
      authConfig,
      methods = [...methodNames],
      corsConfig,
      disableURLInternet,
    } = httpConfig(config)
    return {
      kind: 'http',
      ...common,
      methods,
      auth: httpAuthOf(authType, authConfig),
      ...(corsConfig === undefined || corsConfig === null ? {} : { cors: corsSpecOf(corsConfig) }),
      enabled: disableURLInternet !== true,
    }
  }
  const absent = Object.hasOwn(absentSources, type) ? absentSources[type] : undefined
  throw absent === undefined ? invalidArgument(`there is no trigger type '${type}'`) : notOffered(absent)
}

/** The configuration of a trigger that another interface has written. */
export function triggerConfigOf(spec: TriggerSpec): Record<string, unknown> {
  if (spec.kind === 'timer') {
    return { cronExpression: spec.schedule, enable: spec.enabled, payload: spec.payload }
  }
  const authType =
    spec.auth.kind === 'none' ? 'anonymous' : spec.auth.kind === 'signature' ? 'function' : spec.auth.kind
  return { authType, methods: spec.methods, disableURLInternet: !spec.enabled }
}
