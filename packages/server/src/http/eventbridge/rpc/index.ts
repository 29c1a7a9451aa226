export { rpcOnlyActions } from './only.ts'
export { rpcPath, rpcRoutes } from './routes.ts'
export { rpcActions } from './table.ts'
