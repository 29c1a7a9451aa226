export {
  runServer,
  type RunningServer,
  type RunOptions,
  startServer,
  type StartOptions,
} from './app/index.ts'
export { allErrorCatalogues } from './http/index.ts'
