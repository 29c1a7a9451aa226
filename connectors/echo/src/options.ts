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

/** Options of the echo source, as users write them. */
export const EchoSourceOptions = Type.Object(
  {
    texts: Type.Array(Type.String({ maxLength: 65_536 }), {
      default: ['{"hello":"world"}'],
      minItems: 1,
      maxItems: 1_000,
      description: 'Data of the records, one after the other and again from the first; each is a JSON text.',
    }),
    count: Type.Integer({
      default: 0,
      minimum: 0,
      maximum: 1_000_000_000,
      description: 'Records in all; 0 for no end.',
    }),
    ratePerSecond: Type.Number({
      default: 1,
      minimum: 0,
      maximum: 1_000_000,
      description: 'Records that come in a second; 0 for as many as are read.',
    }),
    partitions: Type.Integer({
      default: 1,
      minimum: 1,
      maximum: 64,
      description: 'Partitions over which the records are spread in turn. Another number begins anew.',
    }),
  },
  { additionalProperties: false },
)
export type EchoSourceOptions = Static<typeof EchoSourceOptions>
