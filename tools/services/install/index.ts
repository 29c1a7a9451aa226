export * from './command.ts'
export * from './debian.ts'
export * from './maven.ts'
