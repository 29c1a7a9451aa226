export * from './dialogue.ts'
export * from './kafka.ts'
