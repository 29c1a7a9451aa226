import { type Static, Type } from 'typebox'

/** Code and how to run it. The code itself is kept apart, under its content's name. */
export const FunctionSpec = Type.Object(
  {
    description: Type.String({ default: '', maxLength: 255 }),
    runtime: Type.String({ default: 'nodejs24', description: 'Name of an installed runtime.' }),
    handler: Type.String({
      default: 'index.handler',
      pattern: '^[^\\s]{1,127}$',
      description: 'Module and export.',
    }),
    initializer: Type.Optional(
      Type.String({ description: 'Called once before the first event, such as `index.initialize`.' }),
    ),
    code: Type.String({ description: 'Name of the code package, as the upload answered it.' }),
    environment: Type.Record(Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]*$' }), Type.String(), {
      default: {},
    }),
    timeoutMs: Type.Integer({
      default: 60_000,
      minimum: 1,
      maximum: 86_400_000,
      description: 'Longest invocation.',
    }),
    initializerTimeoutMs: Type.Integer({ default: 10_000, minimum: 1, maximum: 600_000 }),
    memoryMiB: Type.Integer({ default: 512, minimum: 64, maximum: 32_768 }),
    concurrencyPerInstance: Type.Integer({
      default: 1,
      minimum: 1,
      maximum: 200,
      description: 'Invocations at once in one instance.',
    }),
    instancesMax: Type.Integer({ default: 8, minimum: 1, maximum: 1_000 }),
  },
  { additionalProperties: false },
)
export type FunctionSpec = Static<typeof FunctionSpec>
