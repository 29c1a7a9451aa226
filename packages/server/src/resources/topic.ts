import { type Static, Type } from 'typebox'
import { Foreign } from './foreign.ts'
import { Name } from './names.ts'

/** Passes each message on to all its subscriptions. */
export const TopicSpec = Type.Object(
  {
    description: Type.String({ default: '', maxLength: 255, description: 'For people.' }),
    messageBytesMax: Type.Integer({
      default: 65_536,
      minimum: 1_024,
      maximum: 262_144,
      description: 'Largest message in bytes, its properties included.',
    }),
    foreign: Foreign,
  },
  { additionalProperties: false },
)
export type TopicSpec = Static<typeof TopicSpec>

/** Where the messages of a topic are pushed to, which of them, and in which form. */
export const SubscriptionSpec = Type.Object(
  {
    endpoint: Type.Union([
      Type.Object(
        { url: Type.String({ pattern: '^https?://', maxLength: 2_048, description: 'Gets a POST.' }) },
        { additionalProperties: false },
      ),
      Type.Object({ queue: Name }, { additionalProperties: false }),
    ]),
    filterTag: Type.Optional(
      Type.String({ minLength: 1, maxLength: 16, description: 'Only messages with exactly this tag.' }),
    ),
    strategy: Type.Union([Type.Literal('BACKOFF_RETRY'), Type.Literal('EXPONENTIAL_DECAY_RETRY')], {
      default: 'BACKOFF_RETRY',
      description: 'When a failed push is tried again; as for the targets of rules.',
    }),
    format: Type.Union([Type.Literal('XML'), Type.Literal('JSON'), Type.Literal('SIMPLIFIED')], {
      default: 'XML',
      description: '`SIMPLIFIED` pushes the message as it is; the others put it into an envelope.',
    }),
    deadLetter: Type.Optional(
      Type.Object(
        { queue: Name },
        { additionalProperties: false, description: 'Queue for what could not be pushed.' },
      ),
    ),
    foreign: Foreign,
  },
  { additionalProperties: false },
)
export type SubscriptionSpec = Static<typeof SubscriptionSpec>
