import { type EventText, scanStructured } from '@millrace/cloudevents'
import { type Static, Type } from 'typebox'
import { type Access, type Actor, actorArn } from '../../auth/index.ts'

/** Longest text that is taken over from a request, in characters. */
export const auditTextLengthMax = 512
/** Largest event that is recorded, in bytes: every bus takes it. */
export const auditEventBytesMax = 65_536

const Text = Type.String({ maxLength: auditTextLengthMax })

const ActorIdentity = Type.Object({
  type: Type.Enum(['root-account', 'ram-user', 'assumed-role']),
  principalId: Type.String(),
  arn: Type.String(),
  accountId: Type.String(),
  accessKeyId: Type.String(),
  userName: Type.String(),
  sessionContext: Type.Object({
    attributes: Type.Object({ mfaAuthenticated: Type.Literal('false') }),
  }),
})

/** What an event of a call tells as its `data` (section 9.7 of the compatible protocol, and the further members of its records). */
export const ApiCallData = Type.Object(
  {
    eventId: Type.String({ minLength: 1 }),
    eventVersion: Type.Literal(1),
    eventCategory: Type.Literal('Management'),
    eventName: Type.String({ pattern: '^[A-Za-z0-9]+$' }),
    eventType: Type.Enum(['ApiCall', 'ConsoleSignin', 'ConsoleSignout']),
    eventRW: Type.Enum(['Read', 'Write']),
    eventTime: Type.String({ pattern: String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$` }),
    eventSource: Type.Optional(Text),
    serviceName: Type.String({ minLength: 1 }),
    /** Of the interface by which the call came; not there where that has none. */
    apiVersion: Type.Optional(Text),
    acsRegion: Type.String(),
    isGlobal: Type.Boolean(),
    requestId: Type.String({ minLength: 1 }),
    sourceIpAddress: Type.String(),
    userAgent: Text,
    userIdentity: ActorIdentity,
    recipientAccountId: Type.String(),
    /** Names by type. */
    referencedResources: Type.Record(Type.String(), Type.Array(Text)),
    resourceName: Type.Optional(Text),
    resourceType: Type.Optional(Text),
    requestParameters: Type.Record(Type.String(), Type.Unknown()),
    /** The same as JSON text. */
    requestParameterJson: Type.String(),
    /** Nothing of an answer but its status; empty where there was none. */
    responseElements: Type.Object({ httpStatus: Type.Optional(Type.Integer()) }),
    /** There when the call gave or took rights, or deleted something. */
    eventAttributes: Type.Optional(Type.Object({ SensitiveAction: Type.Literal('true') })),
    additionalEventData: Type.Object({
      /** All permissions that the call needed, its own first. */
      actions: Type.Array(Type.String()),
      resources: Type.Array(Text),
      Scheme: Type.Enum(['http', 'https']),
    }),
    errorCode: Type.Optional(Type.String({ minLength: 1 })),
    errorMessage: Type.Optional(Text),
  },
  { additionalProperties: false },
)
export type ApiCallData = Static<typeof ApiCallData>

/** A call whose answer is known. */
export interface EndedCall {
  /** A call of an interface, unless told. */
  readonly eventType?: ApiCallData['eventType']
  readonly id: string
  readonly atMs: number
  readonly endedAtMs: number
  readonly region: string
  readonly account: string
  readonly actor: Actor
  readonly keyId: string
  /** The permissions that it needed; the first names it. */
  readonly accesses: readonly [Access, ...Access[]]
  readonly isRead: boolean
  readonly requestId: string | undefined
  readonly apiVersion: string | undefined
  readonly host: string | undefined
  readonly isSecure: boolean
  readonly peer: string
  readonly userAgent: string | undefined
  /** Already picked: nothing here is looked at again. */
  readonly parameters: Readonly<Record<string, unknown>>
  /** Of the answer; `undefined` when there was none. */
  readonly status: number | undefined
  readonly refusal: { readonly code: string; readonly message: string } | undefined
}

/** The event of a call, as it is appended to the built-in bus. */
export function apiCallEvent(call: EndedCall): EventText {
  const [{ action, resource }] = call.accesses
  const product = action.slice(0, action.indexOf(':'))
  const data = apiCallData(call)
  const event = {
    specversion: '1.0',
    id: call.id,
    source: `acs.${product}`,
    type: `${product}:ActionTrail:${data.eventType}`,
    subject:
      resource === '*' || resource === '' ? `acs:${product}:${call.region}:${call.account}:*` : cut(resource),
    time: new Date(call.atMs).toISOString(),
    datacontenttype: 'application/json;charset=utf-8',
    aliyunaccountid: call.account,
    aliyunoriginalaccountid: call.account,
    aliyunpublishtime: new Date(call.endedAtMs).toISOString(),
    aliyunregionid: call.region,
    aliyuneventbusname: 'default',
    data,
  }
  return scanStructured(Buffer.from(JSON.stringify(event)), { eventBytesMax: auditEventBytesMax })
}

export function apiCallData(call: EndedCall): ApiCallData {
  const [{ action }] = call.accesses
  const [product = '', eventName = ''] = action.split(':')
  const serviceName = services[product] ?? product
  const { refusal, host, apiVersion, status } = call
  return {
    eventId: call.id,
    eventVersion: 1,
    eventCategory: 'Management',
    eventName,
    eventType: call.eventType ?? 'ApiCall',
    eventRW: call.isRead ? 'Read' : 'Write',
    eventTime: `${new Date(call.atMs).toISOString().slice(0, 19)}Z`,
    ...(host === undefined ? {} : { eventSource: cut(host) }),
    serviceName,
    ...(apiVersion === undefined ? {} : { apiVersion: cut(apiVersion) }),
    acsRegion: call.region,
    isGlobal: product === 'ram' || product === 'sts',
    requestId: call.requestId ?? call.id,
    sourceIpAddress: call.peer,
    userAgent: cut(call.userAgent ?? ''),
    userIdentity: identityOf(call),
    recipientAccountId: call.account,
    ...resourcesOf(call.accesses),
    requestParameters: call.parameters,
    requestParameterJson: JSON.stringify(call.parameters),
    responseElements: status === undefined ? {} : { httpStatus: status },
    ...(isSensitive.test(action) ? { eventAttributes: { SensitiveAction: 'true' } } : {}),
    additionalEventData: {
      actions: call.accesses.map(access => access.action),
      resources: call.accesses.map(access => cut(access.resource)),
      Scheme: call.isSecure ? 'https' : 'http',
    },
    ...(refusal === undefined ? {} : errorOf(refusal)),
  }
}

/** What gives or takes rights, and what cannot be undone. */
const isSensitive = /^(?:ram|sts):|:Delete/

/** Sentences about who may do what are told, and that there was no answer; others may quote what was sent. */
function errorOf({ code, message }: NonNullable<EndedCall['refusal']>) {
  return {
    errorCode: code,
    ...(/^(?:auth|login)\.|^http\.499$/.test(code) ? { errorMessage: cut(message) } : {}),
  }
}

const services: Readonly<Record<string, string>> = {
  eventbridge: 'EventBridge',
  fc: 'FC',
  log: 'Sls',
  millrace: 'Millrace',
  mns: 'MNS',
  ram: 'Ram',
  sts: 'Sts',
}

function identityOf({ account, actor, keyId }: EndedCall): Static<typeof ActorIdentity> {
  const all = {
    arn: actorArn(account, actor),
    accountId: account,
    accessKeyId: keyId,
    sessionContext: { attributes: { mfaAuthenticated: 'false' } },
  } as const
  switch (actor.kind) {
    case 'root':
      return { type: 'root-account', principalId: account, userName: 'root', ...all }
    case 'user':
      return { type: 'ram-user', principalId: actor.name, userName: actor.name, ...all }
    case 'session': {
      const name = `${actor.role}:${actor.session}`
      return { type: 'assumed-role', principalId: name, userName: name, ...all }
    }
  }
}

/** The innermost resource of each ARN, such as the rule of a bus; the one that the call is about by itself, too. */
function resourcesOf(accesses: EndedCall['accesses']) {
  const named = accesses.map(resourceOf).filter(resource => resource !== undefined)
  const byType = Map.groupBy(named, ({ type }) => type)
  const referencedResources = Object.fromEntries(
    [...byType].map(([type, some]) => [type, [...new Set(some.map(({ name }) => name))]]),
  )
  const about = resourceOf(accesses[0])
  if (about === undefined) return { referencedResources }
  return { referencedResources, resourceName: about.name, resourceType: about.type }
}

/** An ARN ends in pairs of a kind and a name. A kind without one, or with a star, is all that the pair before it has of that kind. */
function resourceOf({ resource: arn }: Access): { readonly type: string; readonly name: string } | undefined {
  const [, product = ''] = arn.split(':')
  const path = arn.split(':').slice(4).join(':').split('/')
  const parts = path.filter(part => part !== '')
  let found: { readonly type: string; readonly name: string } | undefined
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const [kind = '', name = ''] = parts.slice(at, at + 2)
    if (name === '*') break
    const type = `ACS::${services[product] ?? product}::${kinds[kind] ?? capital(kind)}`
    found = { type: cut(type), name: cut(name) }
  }
  return found
}

/** Kinds of resources whose name in an ARN is not that of the kind. */
const kinds: Readonly<Record<string, string>> = {
  accesskey: 'AccessKey',
  apidestination: 'ApiDestination',
  eventbus: 'EventBus',
  eventsource: 'EventSource',
  eventstreaming: 'EventStreaming',
  functions: 'Function',
  aliases: 'Alias',
  versions: 'Version',
  layers: 'Layer',
  'custom-domains': 'CustomDomain',
  'async-tasks': 'AsyncTask',
  'console-session': 'ConsoleSession',
  logstore: 'LogStore',
  queues: 'Queue',
  subscriptions: 'Subscription',
  topics: 'Topic',
}

function capital(kind: string): string {
  return kind.charAt(0).toUpperCase() + kind.slice(1)
}

/** Callers choose names: what no attribute of an event may hold must not keep their call out of the record. */
function cut(text: string): string {
  return text.slice(0, auditTextLengthMax).replaceAll(unspeakable, '?')
}

/** Control characters, halves of characters, and what is none. */
const unspeakable = /[\p{Cc}\p{Cn}\p{Cs}]/gu
