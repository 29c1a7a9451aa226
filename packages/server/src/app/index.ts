export { serverErrorCatalogues } from './errors.ts'
export { runServer, type RunningServer, type RunOptions, startServer, type StartOptions } from './server.ts'
