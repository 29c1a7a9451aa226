import { type Static, Type } from 'typebox'
import { Foreign } from './foreign.ts'

/** Shards that one log store may have at most. */
export const logShardsMax = 100

/** A log store: entries that are appended, read by position as often as anybody likes, and removed by age or size. */
export const LogStoreSpec = Type.Object(
  {
    description: Type.String({ default: '', maxLength: 255, description: 'For people.' }),
    shards: Type.Integer({
      default: 2,
      minimum: 1,
      maximum: logShardsMax,
      description: 'Logs that entries are spread over; order is kept within each of them.',
    }),
    retentionMs: Type.Integer({
      default: 2_592_000_000,
      minimum: 60_000,
      maximum: 315_360_000_000,
      description: 'Age at which an entry is removed.',
    }),
    bytesMax: Type.Integer({
      default: 10 * 1024 ** 3,
      minimum: 65_536,
      description:
        'Bytes kept, in equal parts by each shard. Above it the oldest entries of a shard are removed.',
    }),
    foreign: Foreign,
  },
  { additionalProperties: false },
)
export type LogStoreSpec = Static<typeof LogStoreSpec>
