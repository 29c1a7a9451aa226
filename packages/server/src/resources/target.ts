import { type Static, Type } from 'typebox'
import { Foreign } from './foreign.ts'
import { Name, Qualifier } from './names.ts'
import { PartRoleName } from './role-name.ts'
import { TransformSpec } from './transform.ts'

const Encoding = Type.Optional(
  Type.Literal('base64', { description: 'Sends the body as base64; as it is when absent.' }),
)

/** Where an event goes: exactly one of a connector, a function, another bus, a queue or a topic. */
export const SinkSpec = Type.Union([
  Type.Object(
    {
      connector: Type.String({ description: 'System of an installed connector, such as `http`.' }),
      instance: Type.Optional(Name),
      options: Type.Record(Type.String(), Type.Unknown(), {
        default: {},
        description: "The connector's sink options.",
      }),
    },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      function: Name,
      qualifier: Type.Optional(Qualifier),
      invocation: Type.Optional(
        Type.Literal('async', {
          description:
            "Delivered once the call is queued: retries and destinations are those of the function's asynchronous calls. Waits for the function when absent.",
        }),
      ),
    },
    { additionalProperties: false },
  ),
  Type.Object({ bus: Name }, { additionalProperties: false }),
  Type.Object({ queue: Name, encoding: Encoding }, { additionalProperties: false }),
  Type.Object({ topic: Name, encoding: Encoding }, { additionalProperties: false }),
])
export type SinkSpec = Static<typeof SinkSpec>

/** When a failed delivery is tried again; the two named strategies have the numbers of section 7.2 of the compatible protocol. */
export const RetrySpec = Type.Union([
  Type.Object(
    { strategy: Type.Literal('BACKOFF_RETRY', { description: '3 retries, 10 to 20 s apart at random.' }) },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      strategy: Type.Literal('EXPONENTIAL_DECAY_RETRY', {
        description: '176 retries: 1, 2, 4 … 256 s, then every 512 s; one day in all.',
      }),
    },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      strategy: Type.Literal('CUSTOM', {
        description: 'Your own numbers: exponential with jitter between two bounds.',
      }),
      retriesMax: Type.Integer({
        default: 10,
        minimum: 0,
        maximum: 1_000,
        description: 'Retries after the first attempt.',
      }),
      ageMsMax: Type.Integer({
        default: 86_400_000,
        minimum: 0,
        maximum: 30 * 86_400_000,
        description: 'No further attempt later than this after routing, in milliseconds.',
      }),
      delayMsMin: Type.Integer({
        default: 1_000,
        minimum: 1,
        maximum: 86_400_000,
        description: 'First pause in milliseconds.',
      }),
      delayMsMax: Type.Integer({
        default: 512_000,
        minimum: 1,
        maximum: 86_400_000,
        description: 'Longest pause in milliseconds.',
      }),
    },
    { additionalProperties: false },
  ),
])
export type RetrySpec = Static<typeof RetrySpec>

/** One destination of a rule, with its own queue: no other target waits for it. */
export const TargetSpec = Type.Object(
  {
    id: Name,
    sink: SinkSpec,
    transform: Type.Optional(TransformSpec),
    parameters: Type.Record(Type.String({ maxLength: 127 }), TransformSpec, {
      default: {},
      description:
        'Named values beside the body, such as `headers.x-order`; see the connector which it reads.',
    }),
    retry: Type.Union(RetrySpec.anyOf, { default: { strategy: 'BACKOFF_RETRY' } }),
    deadLetter: Type.Optional(SinkSpec),
    role: Type.Optional(PartRoleName('this sink, but not its dead letter,')),
    onExhausted: Type.Union([Type.Literal('continue'), Type.Literal('block')], {
      default: 'continue',
      description:
        'When retries are used up: `continue` dead-letters, or drops where there is no dead letter; `block` pauses the target (or parks the key) until it is resumed.',
    }),
    concurrencyMax: Type.Integer({
      default: 64,
      minimum: 1,
      maximum: 1_000,
      description: 'Deliveries in flight at once.',
    }),
    ratePerSecondMax: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, maximum: 1_000_000, description: 'Attempts started per second.' }),
    ),
    orderBy: Type.Optional(
      Type.String({
        maxLength: 1_024,
        description:
          'Definite path of the key; deliveries of one key go one at a time, in order. Events without it share one key.',
      }),
    ),
    timeoutMs: Type.Integer({
      default: 10_000,
      minimum: 1,
      maximum: 900_000,
      description: 'Longest single attempt.',
    }),
    paused: Type.Boolean({ default: false, description: 'Keeps its deliveries until it is resumed.' }),
    foreign: Foreign,
  },
  { additionalProperties: false },
)
export type TargetSpec = Static<typeof TargetSpec>
