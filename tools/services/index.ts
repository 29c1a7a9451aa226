export * from './fault-proxy.ts'
export * from './own.ts'
export { useService } from './shared.ts'
export type * from './server.ts'
