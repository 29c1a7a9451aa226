export * from './amqp.ts'
export * from './dialogue.ts'
export * from './epmd.ts'
export * from './kafka.ts'
