import { type Static, Type } from 'typebox'
import { Foreign } from './foreign.ts'
import { Tags } from './tags.ts'

/** What a bus promises its producers. */
export const BusSpec = Type.Object(
  {
    description: Type.String({ default: '', maxLength: 255, description: 'For people.' }),
    durability: Type.Union([Type.Literal('durable'), Type.Literal('relaxed')], {
      default: 'durable',
      description:
        '`durable` answers after fsync. `relaxed` answers before: a crash of the machine may lose the last moments.',
    }),
    retentionMs: Type.Integer({
      default: 7 * 86_400_000,
      minimum: 1_000,
      maximum: 10 * 365 * 86_400_000,
      description:
        'Age in milliseconds after which events may be removed; never one that is still to be delivered.',
    }),
    retentionBytesMax: Type.Integer({
      default: 10 * 1024 ** 3,
      minimum: 1024,
      description:
        'Bytes of events kept. When the log is full of events still to be delivered, producers get 429.',
    }),
    dedupWindowMs: Type.Integer({
      default: 0,
      minimum: 0,
      maximum: 86_400_000,
      description:
        'An event whose (source, id) was accepted within this time is answered as a duplicate and not stored again; 0 is off.',
    }),
    eventBytesMax: Type.Integer({
      default: 256 * 1024,
      minimum: 256,
      maximum: 16 * 1024 * 1024,
      description: 'Largest event in bytes of its structured JSON form.',
    }),
    tags: Tags,
    foreign: Foreign,
  },
  { additionalProperties: false },
)
export type BusSpec = Static<typeof BusSpec>
