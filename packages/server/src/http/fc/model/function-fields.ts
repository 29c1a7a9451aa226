import { type Static, Type } from 'typebox'

const Text = (maxLength: number) => Type.Optional(Type.String({ maxLength }))
const Texts = (maxItems: number) => Type.Optional(Type.Array(Type.String({ maxLength: 4_096 }), { maxItems }))
const Whole = (minimum: number, maximum: number) => Type.Optional(Type.Integer({ minimum, maximum }))
const Settings = () => Type.Optional(Type.Record(Type.String(), Type.Unknown()))

/** Where code comes from: a zip in base64; a storage of the cloud is not here. */
export const CodeInput = Type.Object({
  zipFile: Type.Optional(Type.String()),
  ossBucketName: Text(63),
  ossObjectName: Text(1_024),
  checksum: Text(20),
})
export type CodeInput = Static<typeof CodeInput>

export const HealthCheckInput = Type.Object({
  httpGetUrl: Text(2_048),
  initialDelaySeconds: Whole(0, 120),
  periodSeconds: Whole(1, 120),
  timeoutSeconds: Whole(1, 3),
  failureThreshold: Whole(1, 120),
  successThreshold: Whole(1, 120),
})
export type HealthCheckInput = Static<typeof HealthCheckInput>

const ServerInput = {
  port: Whole(1, 65_535),
  healthCheckConfig: Type.Optional(HealthCheckInput),
}

const HookInput = Type.Optional(Type.Object({ handler: Text(128), timeout: Whole(1, 600) }))

/** Commands of images are lists, or, in older clients, the JSON text of one. */
const Command = Type.Optional(Type.Union([Type.String({ maxLength: 16_384 }), Type.Array(Type.String())]))

export const TagsInput = Type.Array(
  Type.Object({ Key: Type.String({ minLength: 1, maxLength: 64 }), Value: Text(128) }),
  { maxItems: 20 },
)

/** What a definition may say, in either generation (function-compute sections 2.7 and 2.10). All of it is optional. */
export const functionFields = {
  runtime: Text(64),
  handler: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
  code: Type.Optional(CodeInput),
  description: Text(256),
  cpu: Type.Optional(Type.Number({ minimum: 0.05, maximum: 16 })),
  memorySize: Type.Optional(Type.Integer({ minimum: 128, maximum: 32_768, multipleOf: 64 })),
  diskSize: Whole(512, 102_400),
  timeout: Whole(1, 86_400),
  instanceConcurrency: Whole(1, 200),
  environmentVariables: Type.Optional(Type.Record(Type.String(), Type.String())),
  layers: Type.Optional(Type.Array(Type.String({ maxLength: 300 }), { maxItems: 5 })),
  role: Text(300),
  internetAccess: Type.Optional(Type.Boolean()),
  idleTimeout: Type.Optional(Type.Integer({ minimum: -1, maximum: 3_600 })),
  instanceLifecycleConfig: Type.Optional(
    Type.Object({
      initializer: Type.Optional(
        Type.Object({ handler: Text(128), timeout: Whole(1, 600), command: Texts(64) }),
      ),
      preStop: HookInput,
      preFreeze: HookInput,
    }),
  ),
  customRuntimeConfig: Type.Optional(Type.Object({ ...ServerInput, command: Texts(64), args: Texts(256) })),
  customContainerConfig: Type.Optional(
    Type.Object({ ...ServerInput, image: Text(512), entrypoint: Texts(64), command: Command, args: Command }),
  ),
  tags: Type.Optional(TagsInput),
  /** Of the second generation. */
  initializer: Text(128),
  initializationTimeout: Whole(1, 600),
  caPort: Whole(1, 65_535),
  customHealthCheckConfig: Type.Optional(HealthCheckInput),
  /** Kept and given back as they are. */
  vpcConfig: Settings(),
  nasConfig: Settings(),
  ossMountConfig: Settings(),
  polarFsConfig: Settings(),
  juiceFsConfig: Settings(),
  logConfig: Settings(),
  tracingConfig: Settings(),
  customDNS: Settings(),
  gpuConfig: Settings(),
  sessionAffinity: Text(64),
  sessionAffinityConfig: Text(16_384),
  instanceIsolationMode: Text(64),
  disableInjectCredentials: Text(16),
  disableOndemand: Type.Optional(Type.Boolean()),
  enableLongLiving: Type.Optional(Type.Boolean()),
  resourceGroupId: Text(128),
  instanceType: Text(64),
  instanceSoftConcurrency: Whole(1, 200),
  gpuMemorySize: Whole(0, 1_048_576),
  asyncConfiguration: Settings(),
}

const FunctionInput = Type.Object(functionFields)
export type FunctionInput = Static<typeof FunctionInput>

/** Settings of the cloud alone: without effect here. */
export const cloudSettings = [
  'vpcConfig',
  'nasConfig',
  'ossMountConfig',
  'polarFsConfig',
  'juiceFsConfig',
  'logConfig',
  'tracingConfig',
  'customDNS',
  'gpuConfig',
  'sessionAffinity',
  'sessionAffinityConfig',
  'instanceIsolationMode',
  'disableInjectCredentials',
  'disableOndemand',
  'enableLongLiving',
  'resourceGroupId',
  'instanceType',
  'instanceSoftConcurrency',
  'gpuMemorySize',
  'asyncConfiguration',
] as const satisfies readonly (keyof FunctionInput)[]
