export { openNetwork } from './open.ts'
export * from './network.ts'
export * from './slirp.ts'
