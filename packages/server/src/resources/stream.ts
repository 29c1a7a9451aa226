import { type Static, Type } from 'typebox'
import { Foreign } from './foreign.ts'
import { Name, Qualifier } from './names.ts'
import { PartRoleName, RoleName } from './role-name.ts'
import { RetrySpec, SinkSpec } from './target.ts'
import { TransformSpec } from './transform.ts'

/** Where a stream reads: a connector, with the options of its source. */
export const SourceSpec = Type.Object(
  {
    connector: Type.String({ description: 'System of an installed connector, such as `kafka`.' }),
    instance: Type.Optional(Name),
    options: Type.Record(Type.String(), Type.Unknown(), {
      default: {},
      description: "The connector's source options, beside those of the instance.",
    }),
  },
  { additionalProperties: false },
)
export type SourceSpec = Static<typeof SourceSpec>

/** When a batch is full; whichever comes first (section 8.1, `BatchWindow`). */
export const BatchSpec = Type.Object(
  {
    countMax: Type.Integer({ default: 100, minimum: 1, maximum: 10_000, description: 'Records.' }),
    windowMs: Type.Integer({
      default: 0,
      minimum: 0,
      maximum: 300_000,
      description: 'Longest wait for more records after the first, in milliseconds; 0 takes what is there.',
    }),
    bytesMax: Type.Integer({
      default: 1_048_576,
      minimum: 1,
      maximum: 33_554_432,
      description: 'Bytes of events; a larger record goes alone.',
    }),
  },
  { additionalProperties: false },
)
export type BatchSpec = Static<typeof BatchSpec>

/** Source → pattern → functions → transform → batches → sink → commit (section 8 of the compatible protocol). */
export const StreamSpec = Type.Object(
  {
    description: Type.String({ default: '', maxLength: 255 }),
    source: SourceSpec,
    pattern: Type.Record(Type.String(), Type.Unknown(), {
      default: {},
      description:
        'Event pattern; what does not match is committed and goes nowhere. `{}` matches everything.',
    }),
    dialect: Type.Union([Type.Literal('standard'), Type.Literal('aliyun')], {
      default: 'standard',
      description: 'Which meaning the pattern has where the two public dialects differ.',
    }),
    functions: Type.Array(
      Type.Object({ function: Name, qualifier: Type.Optional(Qualifier) }, { additionalProperties: false }),
      {
        default: [],
        maxItems: 5,
        description:
          'Functions that change the batch, one after the other: each gets a JSON array of events and answers with the array that takes its place.',
      },
    ),
    transform: Type.Optional(TransformSpec),
    parameters: Type.Record(Type.String({ maxLength: 127 }), TransformSpec, {
      default: {},
      description: 'Named values beside the body, such as `key`; see the connector which it reads.',
    }),
    sink: SinkSpec,
    payload: Type.Optional(
      Type.Union([Type.Literal('each'), Type.Literal('list')], {
        description:
          'Whether the sink gets each record for itself or a batch as one JSON array; without it, a list for functions and each for all others.',
      }),
    ),
    batch: Type.Object(BatchSpec.properties, { additionalProperties: false, default: {} }),
    tasksMax: Type.Integer({
      default: 1,
      minimum: 1,
      maximum: 64,
      description: 'Readers that share the records, where the source can have several.',
    }),
    concurrencyMax: Type.Integer({
      default: 8,
      minimum: 1,
      maximum: 1_000,
      description:
        'Batches of a task that are written at once. Of one partition it is one, where the source keeps order.',
    }),
    ratePerSecondMax: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 1_000_000,
        description: 'Records given to the sink per second.',
      }),
    ),
    retry: Type.Union(RetrySpec.anyOf, { default: { strategy: 'BACKOFF_RETRY' } }),
    onExhausted: Type.Union([Type.Literal('continue'), Type.Literal('block')], {
      default: 'continue',
      description:
        'When retries are used up: `continue` dead-letters, or drops where there is no dead letter; `block` stops the stream before the record until it is resumed.',
    }),
    deadLetter: Type.Optional(SinkSpec),
    timeoutMs: Type.Integer({
      default: 60_000,
      minimum: 1,
      maximum: 900_000,
      description: 'Longest single write of a batch, and longest call of a function that changes it.',
    }),
    paused: Type.Boolean({
      default: false,
      description: 'Keeps its position and reads nothing until it is resumed.',
    }),
    role: Type.Optional(RoleName),
    roles: Type.Optional(
      Type.Object(
        {
          source: Type.Optional(PartRoleName('the source')),
          sink: Type.Optional(PartRoleName('the sink, but not the dead letter,')),
        },
        { additionalProperties: false, description: 'Roles of parts that do not act by `role`.' },
      ),
    ),
    foreign: Foreign,
  },
  { additionalProperties: false },
)
export type StreamSpec = Static<typeof StreamSpec>
