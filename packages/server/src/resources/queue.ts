import { type Static, Type } from 'typebox'
import { Foreign } from './foreign.ts'
import { Name } from './names.ts'

/** Where messages go that were received so often without being deleted. */
export const QueueDeadLetter = Type.Object(
  {
    queue: Name,
    receivesMax: Type.Integer({
      default: 16,
      minimum: 1,
      maximum: 1_000,
      description: 'Receives after which a message that was not deleted moves to the other queue.',
    }),
  },
  { additionalProperties: false },
)

/** A built-in queue: messages wait in it until a consumer has received and deleted them. */
export const QueueSpec = Type.Object(
  {
    description: Type.String({ default: '', maxLength: 255, description: 'For people.' }),
    delayMs: Type.Integer({
      default: 0,
      minimum: 0,
      maximum: 604_800_000,
      description: 'How long a message waits before it can be received, unless it says so itself.',
    }),
    visibilityMs: Type.Integer({
      default: 30_000,
      minimum: 1_000,
      maximum: 43_200_000,
      description: 'How long a received message is hidden from others; it comes back unless it is deleted.',
    }),
    retentionMs: Type.Integer({
      default: 345_600_000,
      minimum: 60_000,
      maximum: 1_296_000_000,
      description: 'Age at which a message is removed, whatever its state.',
    }),
    pollingWaitMs: Type.Integer({
      default: 0,
      minimum: 0,
      maximum: 30_000,
      description: 'How long a receive waits for a message, unless it says so itself.',
    }),
    messageBytesMax: Type.Integer({
      default: 262_144,
      minimum: 1_024,
      maximum: 16_777_216,
      description: 'Largest message in bytes, its properties included.',
    }),
    bytesMax: Type.Integer({
      default: 10 * 1024 ** 3,
      minimum: 65_536,
      description:
        'Bytes kept. A queue that is full refuses further messages; space is free once the oldest messages are gone.',
    }),
    deadLetter: Type.Optional(QueueDeadLetter),
    foreign: Foreign,
  },
  { additionalProperties: false },
)
export type QueueSpec = Static<typeof QueueSpec>
