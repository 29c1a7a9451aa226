export {
  runServer,
  type RunningServer,
  type RunOptions,
  startServer,
  serverErrorCatalogues,
  type StartOptions,
} from './app/index.ts'
export type { SinkResolver, SinkUse } from './delivery/index.ts'
