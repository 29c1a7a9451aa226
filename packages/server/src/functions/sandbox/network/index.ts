export * from './network.ts'
export * from './slirp.ts'
