import { type Static, Type } from 'typebox'

/** Options of the echo sink, as users write them. */
export const EchoSinkOptions = Type.Object(
  {
    capacity: Type.Integer({
      default: 1_000,
      minimum: 0,
      maximum: 100_000,
      description: 'Records that are kept; the oldest goes when there is one more.',
    }),
    delayMs: Type.Integer({
      default: 0,
      minimum: 0,
      maximum: 600_000,
      description: 'Pause before each record is taken, in milliseconds.',
    }),
    failEvery: Type.Integer({
      default: 0,
      minimum: 0,
      maximum: 1_000_000,
      description: 'Every n-th record fails, in a way that may pass; 0 fails none.',
    }),
    failIds: Type.Array(Type.String({ maxLength: 1_024 }), {
      default: [],
      maxItems: 1_000,
      description: 'Records of events with these ids fail, in a way that may pass.',
    }),
    hangIds: Type.Array(Type.String({ maxLength: 1_024 }), {
      default: [],
      maxItems: 1_000,
      description: 'Records of events with these ids wait until their time is up.',
    }),
    log: Type.Boolean({ default: false, description: 'Write a line for each record that is taken.' }),
  },
  { additionalProperties: false },
)
export type EchoSinkOptions = Static<typeof EchoSinkOptions>
