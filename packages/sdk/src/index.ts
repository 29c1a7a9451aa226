export * from './catalogue/index.ts'
export {
  Client,
  createClient,
  type LogLine,
  type PatternVerdict,
  type UploadedCode,
} from './client.ts'
export type { ClientClock, ClientRandom } from './clock.ts'
export * from './connectors.ts'
export type { ConsoleSession } from './console-login.ts'
export type { ConsumeOptions, MessageHandler } from './consuming/index.ts'
export { clientErrorCatalogue, MillraceError } from './error.ts'
export * from './events.ts'
export * from './function-parts.ts'
export { FunctionsClient } from './functions-client.ts'
export * from './identity.ts'
export { PoliciesClient, type PolicyVersion } from './policies-client.ts'
export { ResourceClient } from './resource-client.ts'
export * from './resources.ts'
export { type AddRuntimeOptions, type RuntimeInfo, RuntimesClient } from './runtimes.ts'
export type { ClientOptions } from './transport.ts'
export type { OpenApi, Schema } from './open-api.ts'
export * from './publishing/index.ts'
export * from './queues.ts'
export type { QuotaState } from './quotas.ts'
export * from './streams.ts'
export * from './testing/index.ts'
export * from './topics.ts'
export * from './wiring.ts'
export * from './wiring-document.ts'
export * from './wiring-shorthands.ts'
export * from './wirings.ts'
export { LayersClient, VersionsClient } from './versions.ts'
