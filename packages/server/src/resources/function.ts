import { Secret } from '@millrace/spi'
import { type Static, Type } from 'typebox'
import { Foreign } from './foreign.ts'

/** How often and how a server of the code is asked whether it is well (function-compute section 2.7). */
export const HealthCheckSpec = Type.Object(
  {
    path: Type.String({
      pattern: '^/.{0,2047}$',
      description: 'Answers 200 to 399 when the server is well.',
    }),
    initialDelayMs: Type.Integer({ default: 0, minimum: 0, maximum: 120_000 }),
    periodMs: Type.Integer({ default: 3_000, minimum: 1_000, maximum: 120_000 }),
    timeoutMs: Type.Integer({ default: 1_000, minimum: 1, maximum: 3_000 }),
    failuresMax: Type.Integer({
      default: 3,
      minimum: 1,
      maximum: 120,
      description: 'In a row; then it is unwell.',
    }),
    successesMin: Type.Integer({
      default: 1,
      minimum: 1,
      maximum: 120,
      description: 'In a row; then it is well again.',
    }),
  },
  { additionalProperties: false },
)
export type HealthCheckSpec = Static<typeof HealthCheckSpec>

/** A program that serves HTTP, for the runtimes `custom` and `custom-container` (section 4.9). */
export const ServerSpec = Type.Object(
  {
    command: Type.Array(Type.String({ minLength: 1, maxLength: 4_096 }), {
      default: [],
      maxItems: 64,
      description: 'Program and first arguments; `bootstrap` of the code, or that of the image, when empty.',
    }),
    args: Type.Array(Type.String({ maxLength: 4_096 }), { default: [], maxItems: 256 }),
    port: Type.Integer({
      default: 9_000,
      minimum: 1,
      maximum: 65_535,
      description: 'Where the program listens.',
    }),
    healthCheck: Type.Optional(HealthCheckSpec),
    image: Type.Optional(Type.String({ minLength: 1, maxLength: 512, description: 'Container image.' })),
  },
  { additionalProperties: false },
)
export type ServerSpec = Static<typeof ServerSpec>

/** A function of the code that the platform calls besides the handler, and how long it may take. */
function Hook(timeoutMsMax: number, description: string) {
  return Type.Optional(
    Type.Object(
      {
        handler: Type.String({ pattern: '^[^\\s]{1,127}$' }),
        timeoutMs: Type.Integer({ default: 3_000, minimum: 1, maximum: timeoutMsMax }),
      },
      { additionalProperties: false, description },
    ),
  )
}

/** What of the network the code can reach. */
export const NetworkSpec = Type.Union([
  Type.Literal('on', { description: 'Everything but the private addresses that the operator keeps shut.' }),
  Type.Literal('off', { description: 'Its own loopback only.' }),
  Type.Object(
    {
      allow: Type.Array(Type.String({ maxLength: 255 }), {
        minItems: 1,
        maxItems: 64,
        description:
          'Addresses or networks, such as `10.1.0.0/16`, each with an optional port: `10.1.2.3:5432`.',
      }),
    },
    { additionalProperties: false },
  ),
])
export type NetworkSpec = Static<typeof NetworkSpec>

/** Code and how to run it. The code itself is kept apart, under its content's name. */
export const FunctionSpec = Type.Object(
  {
    description: Type.String({ default: '', maxLength: 256 }),
    runtime: Type.String({ default: 'nodejs24', description: 'Name of an installed runtime.' }),
    handler: Type.String({
      default: 'index.handler',
      pattern: '^[^\\s]{1,127}$',
      description: 'Module and export.',
    }),
    handlerKind: Type.Union([Type.Literal('event'), Type.Literal('http')], {
      default: 'event',
      description:
        '`event`: takes an event and gives a result. `http`: takes a request and a response (Node.js) or is a WSGI application (Python), and answers HTTP triggers only.',
    }),
    initializer: Type.Optional(
      Type.String({ description: 'Called once before the first event, such as `index.initialize`.' }),
    ),
    initializerTimeoutMs: Type.Integer({ default: 10_000, minimum: 1, maximum: 600_000 }),
    preStop: Hook(90_000, 'Called before an instance ends.'),
    preFreeze: Hook(90_000, 'Called before an idle instance is frozen.'),
    code: Type.String({
      default: '',
      description: 'Name of the code package, as the upload answered it; empty only for container images.',
    }),
    layers: Type.Array(Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,126}:[0-9]{1,9}$' }), {
      default: [],
      maxItems: 5,
      description:
        'Layer versions as `name:version`, unpacked to /opt; the earlier wins where paths are equal.',
    }),
    environment: Type.Record(Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]*$' }), Secret(), {
      default: {},
    }),
    timeoutMs: Type.Integer({
      default: 60_000,
      minimum: 1,
      maximum: 86_400_000,
      description: 'Longest invocation.',
    }),
    memoryMiB: Type.Integer({ default: 512, minimum: 64, maximum: 32_768 }),
    cpu: Type.Number({ default: 1, minimum: 0.05, maximum: 16, description: 'Processor cores.' }),
    diskMiB: Type.Integer({
      default: 512,
      minimum: 16,
      maximum: 102_400,
      description: 'What an instance may write, in /tmp.',
    }),
    concurrencyPerInstance: Type.Integer({
      default: 1,
      minimum: 1,
      maximum: 200,
      description: 'Invocations at once in one instance.',
    }),
    instancesMax: Type.Integer({ default: 8, minimum: 1, maximum: 1_000 }),
    idleMs: Type.Optional(
      Type.Integer({
        minimum: 1_000,
        maximum: 3_600_000,
        description: 'How long an instance without work is kept; the setting of the server when absent.',
      }),
    ),
    freeze: Type.Boolean({
      default: false,
      description:
        'Stops the processes of an instance while it is idle: timers and background work stand still.',
    }),
    network: Type.Union(NetworkSpec.anyOf, { default: 'on' }),
    server: Type.Optional(ServerSpec),
    role: Type.Optional(
      Type.String({
        maxLength: 300,
        description:
          'Role whose temporary credentials the code gets: its name or its resource name. One that is not there, or of elsewhere, gives none.',
      }),
    ),
    tags: Type.Record(Type.String({ minLength: 1, maxLength: 64 }), Type.String({ maxLength: 128 }), {
      default: {},
      maxProperties: 20,
    }),
    foreign: Foreign,
  },
  { additionalProperties: false },
)
export type FunctionSpec = Static<typeof FunctionSpec>
