export {
  runServer,
  type RunningServer,
  type RunOptions,
  startServer,
  type StartOptions,
} from './app/index.ts'
export type { SinkResolver, SinkUse } from './delivery/index.ts'
export { allErrorCatalogues } from './http/index.ts'
