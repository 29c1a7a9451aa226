import { type EventText, scanStructured } from '@millrace/cloudevents'
import { type Static, Type } from 'typebox'
import { type Access, type Actor, actorArn } from '../../auth/index.ts'

/** Longest text that is taken over from a request, in characters. */
export const auditTextLengthMax = 512
/** Largest event that is recorded, in bytes: every bus takes it. */
export const auditEventBytesMax = 65_536

const ActorIdentity = Type.Object({
  type: Type.Enum(['root-account', 'ram-user', 'assumed-role']),
  principalId: Type.String(),
  arn: Type.String(),
  accountId: Type.String(),
  accessKeyId: Type.String(),
  userName: Type.String(),
})

/** What an event of a call tells as its `data` (section 9.7 of the compatible protocol, and the further members of its records). */
export const ApiCallData = Type.Object(
  {
    eventId: Type.String({ minLength: 1 }),
    eventVersion: Type.Literal(1),
    eventName: Type.String({ pattern: '^[A-Za-z0-9]+$' }),
    eventType: Type.Literal('ApiCall'),
    eventRW: Type.Enum(['Read', 'Write']),
    eventTime: Type.String({ pattern: String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$` }),
    eventSource: Type.Optional(Type.String({ maxLength: auditTextLengthMax })),
    serviceName: Type.String({ minLength: 1 }),
    acsRegion: Type.String(),
    isGlobal: Type.Boolean(),
    requestId: Type.String({ minLength: 1 }),
    sourceIpAddress: Type.String(),
    userAgent: Type.String({ maxLength: auditTextLengthMax }),
    userIdentity: ActorIdentity,
    resourceName: Type.Optional(Type.String({ maxLength: auditTextLengthMax })),
    resourceType: Type.Optional(Type.String({ maxLength: auditTextLengthMax })),
    requestParameters: Type.Record(Type.String(), Type.Unknown()),
    additionalEventData: Type.Object({
      /** All permissions that the call needed, its own first. */
      actions: Type.Array(Type.String()),
      resources: Type.Array(Type.String({ maxLength: auditTextLengthMax })),
    }),
    errorCode: Type.Optional(Type.String({ minLength: 1 })),
    errorMessage: Type.Optional(Type.String({ maxLength: auditTextLengthMax })),
  },
  { additionalProperties: false },
)
export type ApiCallData = Static<typeof ApiCallData>

/** A call whose answer is known. */
export interface EndedCall {
  readonly id: string
  readonly atMs: number
  readonly region: string
  readonly account: string
  readonly actor: Actor
  readonly keyId: string
  /** The permissions that it needed; the first names it. */
  readonly accesses: readonly [Access, ...Access[]]
  readonly isRead: boolean
  readonly requestId: string | undefined
  readonly host: string | undefined
  readonly peer: string
  readonly userAgent: string | undefined
  /** Already picked: nothing here is looked at again. */
  readonly parameters: Readonly<Record<string, unknown>>
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
    type: `${product}:ActionTrail:ApiCall`,
    subject:
      resource === '*' || resource === '' ? `acs:${product}:${call.region}:${call.account}:*` : cut(resource),
    time: new Date(call.atMs).toISOString(),
    datacontenttype: 'application/json;charset=utf-8',
    aliyunaccountid: call.account,
    aliyunregionid: call.region,
    aliyuneventbusname: 'default',
    data,
  }
  return scanStructured(Buffer.from(JSON.stringify(event)), { eventBytesMax: auditEventBytesMax })
}

export function apiCallData(call: EndedCall): ApiCallData {
  const [{ action, resource }] = call.accesses
  const [product = '', eventName = ''] = action.split(':')
  const serviceName = services[product] ?? product
  const { refusal, host } = call
  return {
    eventId: call.id,
    eventVersion: 1,
    eventName,
    eventType: 'ApiCall',
    eventRW: call.isRead ? 'Read' : 'Write',
    eventTime: `${new Date(call.atMs).toISOString().slice(0, 19)}Z`,
    ...(host === undefined ? {} : { eventSource: cut(host) }),
    serviceName,
    acsRegion: call.region,
    isGlobal: product === 'ram' || product === 'sts',
    requestId: call.requestId ?? call.id,
    sourceIpAddress: call.peer,
    userAgent: cut(call.userAgent ?? ''),
    userIdentity: identityOf(call),
    ...namesOf(serviceName, resource),
    requestParameters: call.parameters,
    additionalEventData: {
      actions: call.accesses.map(access => access.action),
      resources: call.accesses.map(access => cut(access.resource)),
    },
    ...(refusal === undefined ? {} : errorOf(refusal)),
  }
}

/** Sentences about who may do what are told; others may quote what was sent. */
function errorOf({ code, message }: NonNullable<EndedCall['refusal']>) {
  return { errorCode: code, ...(code.startsWith('auth.') ? { errorMessage: cut(message) } : {}) }
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
  const all = { arn: actorArn(account, actor), accountId: account, accessKeyId: keyId }
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

/** The innermost resource that an ARN names, such as the rule of a bus. */
function namesOf(serviceName: string, arn: string): { resourceName?: string; resourceType?: string } {
  const parts = arn.split(':').slice(4).join(':').split('/')
  const name = parts.at(-1) ?? ''
  const kind = parts.at(-2) ?? ''
  if (name === '' || name === '*' || kind === '') return {}
  return { resourceName: cut(name), resourceType: cut(`ACS::${serviceName}::${kind}`) }
}

/** Callers choose names: what no attribute of an event may hold must not keep their call out of the record. */
function cut(text: string): string {
  return text.slice(0, auditTextLengthMax).replaceAll(unspeakable, '?')
}

/** Control characters, halves of characters, and what is none. */
const unspeakable = /[\p{Cc}\p{Cn}\p{Cs}]/gu
