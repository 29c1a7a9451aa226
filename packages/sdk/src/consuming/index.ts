export type { ConsumeOptions, MessageHandler } from './options.ts'
export { QueueConsumer, type QueueAccess } from './queue-consumer.ts'
