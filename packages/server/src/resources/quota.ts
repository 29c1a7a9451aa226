import { type Static, Type } from 'typebox'

/** By whose numbers something is made: those of the platform's own API, or those of a compatible interface. */
export type QuotaFace = 'own' | 'eventbridge' | 'aws' | 'fc' | 'mns' | 'sls'

/** What a quota counts. `per second` is a rate with a burst of one second. */
export type QuotaUnit = 'count' | 'bytes' | 'per second'

/** One thing of which an account has only so much. */
export interface Quota {
  readonly unit: QuotaUnit
  /** Of what there may be so much, when not of the account as a whole. */
  readonly of?: 'bus' | 'rule' | 'topic'
  readonly limit: number
  /** Where a compatible interface allows less, as its specification says; not asked once a limit was set for the account. */
  readonly faces?: Readonly<Partial<Record<QuotaFace, number>>>
  readonly description: string
}

const mebibyte = 1_048_576

/**
 * Everything an account has only so much of, with its defaults. The numbers of the compatible interfaces are those of eventbridge section
 * 11.5, identity section 10 (AWS), function-compute section 11.1 and MNS section 1.13; the others are decided in decision 0020.
 */
export const quotaCatalogue = {
  buses: {
    unit: 'count',
    limit: 1_000,
    faces: { eventbridge: 50, aws: 100 },
    description: 'Buses besides the built-in one.',
  },
  'rules-per-bus': {
    unit: 'count',
    of: 'bus',
    limit: 100_000,
    faces: { eventbridge: 50, aws: 300 },
    description: 'Rules of one bus.',
  },
  'targets-per-rule': {
    unit: 'count',
    of: 'rule',
    limit: 20,
    faces: { eventbridge: 5, aws: 5 },
    description: 'Targets of one rule; never more than 20, whatever is set.',
  },
  streams: { unit: 'count', limit: 10_000, faces: { eventbridge: 50 }, description: 'Streams.' },
  instances: {
    unit: 'count',
    limit: 10_000,
    description: 'Named systems, connections and API destinations together.',
  },
  connections: {
    unit: 'count',
    limit: 10_000,
    faces: { eventbridge: 10, aws: 3_000 },
    description: 'Connections of one compatible interface.',
  },
  'api-destinations': {
    unit: 'count',
    limit: 10_000,
    faces: { eventbridge: 10, aws: 3_000 },
    description: 'API destinations of one compatible interface.',
  },
  functions: { unit: 'count', limit: 10_000, description: 'Functions.' },
  'function-instances': {
    unit: 'count',
    limit: 300,
    description: 'Instances of functions that there are at once; the server may have room for fewer.',
  },
  layers: { unit: 'count', limit: 10_000, description: 'Names of layers.' },
  domains: { unit: 'count', limit: 10_000, description: 'Hosts of HTTP triggers.' },
  queues: { unit: 'count', limit: 10_000, faces: { mns: 1_000 }, description: 'Built-in queues.' },
  topics: { unit: 'count', limit: 10_000, faces: { mns: 1_000 }, description: 'Built-in topics.' },
  'subscriptions-per-topic': {
    unit: 'count',
    of: 'topic',
    limit: 100,
    description: 'Subscriptions of one topic.',
  },
  'log-stores': { unit: 'count', limit: 1_000, description: 'Log stores.' },
  users: { unit: 'count', limit: 10_000, description: 'Users.' },
  groups: { unit: 'count', limit: 1_000, description: 'Groups of users.' },
  roles: { unit: 'count', limit: 1_000, description: 'Roles.' },
  policies: { unit: 'count', limit: 1_500, description: 'Policies of the account itself.' },
  'foreign-documents': {
    unit: 'count',
    limit: 10_000,
    description: 'What compatible interfaces keep and the platform has no use for.',
  },
  'event-bytes': {
    unit: 'bytes',
    limit: 1_048_576 * mebibyte,
    description: 'Stored events of all buses besides the built-in one.',
  },
  'code-bytes': {
    unit: 'bytes',
    limit: 51_200 * mebibyte,
    description: 'Code packages of functions, of their versions and of layers, each counted once.',
  },
  'events-per-second': {
    unit: 'per second',
    limit: 1_000_000,
    description: 'Events published to all buses.',
  },
  'events-per-second-per-bus': {
    unit: 'per second',
    of: 'bus',
    limit: 1_000_000,
    faces: { eventbridge: 3_000 },
    description: 'Events published to one bus.',
  },
  'requests-per-second': {
    unit: 'per second',
    limit: 5_000,
    description: 'Requests that read or change anything but events, messages, logs and calls of functions.',
  },
  'message-requests-per-second': {
    unit: 'per second',
    limit: 20_000,
    description: 'Requests to send, receive, look at and delete messages, and to publish to topics.',
  },
  'log-writes-per-second': {
    unit: 'per second',
    limit: 20_000,
    description: 'Requests that write to log stores.',
  },
} as const satisfies Readonly<Record<string, Quota>>

export type QuotaName = keyof typeof quotaCatalogue

export const quotaNames: readonly QuotaName[] = Object.keys(quotaCatalogue) as QuotaName[]

export function quotaOf(name: QuotaName): Quota {
  return quotaCatalogue[name]
}

export function isQuotaName(name: string): name is QuotaName {
  return Object.hasOwn(quotaCatalogue, name)
}

/** What was set for an account in place of a default; by every interface. */
export const QuotaSpec = Type.Object({
  limit: Type.Integer({
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    description: 'So much and no more, whatever the interface.',
  }),
})
export type QuotaSpec = Static<typeof QuotaSpec>

/** How much of it an account may have, by one interface. `set` is what was set for the account. */
export function quotaLimit(name: QuotaName, set: QuotaSpec | undefined, face: QuotaFace = 'own'): number {
  const { limit, faces } = quotaOf(name)
  return set?.limit ?? faces?.[face] ?? limit
}
