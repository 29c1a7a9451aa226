export * from './command.ts'
export * from './debian.ts'
export * from './go.ts'
export * from './maven.ts'
