import { Secret } from '@millrace/spi'
import { type Static, Type } from 'typebox'
import { Foreign } from './foreign.ts'
import { Name, Qualifier } from './names.ts'
import { SinkSpec } from './target.ts'

/** A name that points to a version, or, by weight, to one of two (section 9.2). */
export const AliasSpec = Type.Object(
  {
    description: Type.String({ default: '', maxLength: 256 }),
    version: Type.String({ pattern: '^[1-9][0-9]{0,8}$' }),
    canary: Type.Optional(
      Type.Object(
        {
          version: Type.String({ pattern: '^[1-9][0-9]{0,8}$' }),
          weight: Type.Number({ minimum: 0, maximum: 1, description: 'Share of the calls that it gets.' }),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
)
export type AliasSpec = Static<typeof AliasSpec>

/** How asynchronous calls by one qualifier are retried and where their outcome goes (section 7.2). */
export const AsyncSpec = Type.Object(
  {
    retriesMax: Type.Integer({
      default: 3,
      minimum: 0,
      maximum: 8,
      description: 'After errors of the function.',
    }),
    ageMsMax: Type.Integer({ default: 86_400_000, minimum: 1_000, maximum: 604_800_000 }),
    tasks: Type.Boolean({
      default: false,
      description: 'Keeps a record of each call that can be asked and stopped.',
    }),
    onSuccess: Type.Optional(SinkSpec),
    onFailure: Type.Optional(SinkSpec),
    foreign: Foreign,
  },
  { additionalProperties: false },
)
export type AsyncSpec = Static<typeof AsyncSpec>

const Window = {
  name: Type.String({ minLength: 1, maxLength: 128 }),
  /** Local time of `timeZone`, such as `2026-01-01T00:00:00`. */
  start: Type.Optional(Type.String({ maxLength: 32 })),
  end: Type.Optional(Type.String({ maxLength: 32 })),
  timeZone: Type.String({ default: 'UTC', maxLength: 64 }),
}

/** Instances that are kept whatever the load, for `LATEST` or an alias (section 5.6). */
export const ScalingSpec = Type.Object(
  {
    instancesMin: Type.Integer({ default: 0, minimum: 0, maximum: 10_000 }),
    schedules: Type.Array(
      Type.Object(
        {
          ...Window,
          expression: Type.String({
            maxLength: 128,
            description: '`cron(s m h d m w)` or `at(yyyy-mm-ddThh:mm:ss)`.',
          }),
          instances: Type.Integer({ minimum: 0, maximum: 10_000 }),
        },
        { additionalProperties: false },
      ),
      { default: [], maxItems: 100 },
    ),
    tracking: Type.Array(
      Type.Object(
        {
          ...Window,
          metric: Type.Union([Type.Literal('concurrency'), Type.Literal('cpu'), Type.Literal('memory')]),
          target: Type.Number({
            exclusiveMinimum: 0,
            maximum: 1,
            description: 'Share of what there is to use.',
          }),
          instancesMin: Type.Integer({ minimum: 0, maximum: 10_000 }),
          instancesMax: Type.Integer({ minimum: 0, maximum: 10_000 }),
        },
        { additionalProperties: false },
      ),
      { default: [], maxItems: 100 },
    ),
    overflow: Type.Boolean({ default: true, description: 'Whether more instances may start under load.' }),
    foreign: Foreign,
  },
  { additionalProperties: false },
)
export type ScalingSpec = Static<typeof ScalingSpec>

/** One way to be allowed through an HTTP trigger or a domain (section 8.2). */
export const HttpAuthSpec = Type.Union([
  Type.Object({ kind: Type.Literal('none') }, { additionalProperties: false }),
  Type.Object(
    { kind: Type.Literal('signature', { description: "An access key of the function's account." }) },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      kind: Type.Literal('bearer'),
      tokens: Type.Array(Secret({ minLength: 16, maxLength: 128 }), { minItems: 1, maxItems: 20 }),
    },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      kind: Type.Literal('basic'),
      users: Type.Record(Type.String(), Secret({ minLength: 12, maxLength: 128 }), {
        maxProperties: 20,
      }),
    },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      kind: Type.Literal('jwt'),
      jwks: Type.Object({
        keys: Type.Array(Type.Record(Type.String(), Type.Unknown()), { minItems: 1, maxItems: 20 }),
      }),
      lookup: Type.String({ default: 'header:Authorization:Bearer', maxLength: 1_024 }),
      claims: Type.String({
        default: '',
        maxLength: 1_024,
        description: 'Claims to pass on: `position:claim:name,…`.',
      }),
      only: Type.Optional(Type.Array(Type.String({ maxLength: 256 }), { maxItems: 100 })),
      except: Type.Optional(Type.Array(Type.String({ maxLength: 256 }), { maxItems: 100 })),
    },
    { additionalProperties: false },
  ),
])
export type HttpAuthSpec = Static<typeof HttpAuthSpec>

/** Cross-origin requests that the platform answers for the function (section 8.2). */
export const CorsSpec = Type.Object(
  {
    origins: Type.Array(Type.String({ maxLength: 256 }), { default: ['*'], maxItems: 100 }),
    methods: Type.Array(Type.String({ maxLength: 16 }), { default: [], maxItems: 10 }),
    headers: Type.Array(Type.String({ maxLength: 128 }), { default: [], maxItems: 50 }),
    exposed: Type.Array(Type.String({ maxLength: 128 }), { default: [], maxItems: 50 }),
    credentials: Type.Boolean({ default: false }),
    maxAgeSeconds: Type.Integer({ default: 3_600, minimum: 0, maximum: 86_400 }),
  },
  { additionalProperties: false },
)
export type CorsSpec = Static<typeof CorsSpec>

/** What calls a function by itself. Triggers of buses and streams are rules and streams with the function as sink. */
export const TriggerSpec = Type.Union([
  Type.Object(
    {
      kind: Type.Literal('http'),
      qualifier: Type.Optional(Qualifier),
      description: Type.String({ default: '', maxLength: 256 }),
      methods: Type.Array(Type.String({ pattern: '^(GET|POST|PUT|DELETE|HEAD|PATCH|OPTIONS)$' }), {
        default: ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'PATCH', 'OPTIONS'],
        minItems: 1,
        uniqueItems: true,
      }),
      auth: Type.Union(HttpAuthSpec.anyOf, { default: { kind: 'signature' } }),
      cors: Type.Optional(CorsSpec),
      enabled: Type.Boolean({ default: true }),
      foreign: Foreign,
    },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      kind: Type.Literal('timer'),
      qualifier: Type.Optional(Qualifier),
      description: Type.String({ default: '', maxLength: 256 }),
      schedule: Type.String({
        minLength: 1,
        maxLength: 256,
        description:
          'Six fields, `[CRON_TZ=Area/City ]second minute hour day month weekday`, or `@every 1h30m`.',
      }),
      payload: Type.String({ default: '', maxLength: 131_072 }),
      enabled: Type.Boolean({ default: true }),
      foreign: Foreign,
    },
    { additionalProperties: false },
  ),
])
export type TriggerSpec = Static<typeof TriggerSpec>

/** Files that several functions share, unpacked to /opt (section 9.1). Each version is immutable. */
export const LayerSpec = Type.Object(
  {
    description: Type.String({ default: '', maxLength: 256 }),
    license: Type.String({ default: '', maxLength: 256 }),
    code: Type.String({ description: 'Name of the package, as the upload answered it.' }),
    runtimes: Type.Array(Type.String({ maxLength: 64 }), {
      default: [],
      maxItems: 50,
      description: 'Runtimes that it fits; any when empty.',
    }),
    foreign: Foreign,
  },
  { additionalProperties: false },
)
export type LayerSpec = Static<typeof LayerSpec>

/** A host name whose paths lead to functions (section 9.3). The name of the resource is the host. */
export const DomainSpec = Type.Object(
  {
    routes: Type.Array(
      Type.Object(
        {
          path: Type.String({
            pattern: '^/',
            maxLength: 2_048,
            description: 'Exact, or with one `*` at its end.',
          }),
          function: Name,
          qualifier: Type.Optional(Qualifier),
          methods: Type.Array(Type.String({ maxLength: 16 }), { default: [], maxItems: 10 }),
          rewrite: Type.Optional(
            Type.Object(
              {
                equal: Rewrites(),
                wildcard: Rewrites(),
                regex: Rewrites(),
              },
              { additionalProperties: false },
            ),
          ),
        },
        { additionalProperties: false },
      ),
      { default: [], maxItems: 200 },
    ),
    auth: Type.Optional(HttpAuthSpec),
    cors: Type.Optional(CorsSpec),
    foreign: Foreign,
  },
  { additionalProperties: false },
)
export type DomainSpec = Static<typeof DomainSpec>

function Rewrites() {
  return Type.Array(
    Type.Object(
      {
        match: Type.String({ minLength: 1, maxLength: 256 }),
        replacement: Type.String({ maxLength: 256 }),
      },
      { additionalProperties: false },
    ),
    { default: [], maxItems: 20 },
  )
}
