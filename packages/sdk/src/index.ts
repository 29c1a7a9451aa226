export {
  Client,
  createClient,
  type LogLine,
  type PatternVerdict,
  ResourceClient,
  type UploadedCode,
} from './client.ts'
export { clientErrorCatalogue, MillraceError } from './error.ts'
export * from './events.ts'
export * from './function-parts.ts'
export * from './resources.ts'
export type { ClientOptions } from './transport.ts'
export * from './wiring.ts'
export { LayersClient, VersionsClient } from './versions.ts'
