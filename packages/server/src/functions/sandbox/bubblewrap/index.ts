export type { Approach } from './arguments.ts'
export * from './bubblewrap.ts'
export * from './self-test.ts'
export { makeFiles } from './system-files.ts'
