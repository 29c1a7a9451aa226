export { queueErrors } from './errors.ts'
export type { ChangedVisibility } from './held.ts'
export {
  defaultQueueLimits,
  delayMsMost,
  priorityMax,
  type QueueLimits,
  visibilityMsMax,
  visibilityMsMin,
  waitMsMax,
} from './limits.ts'
export { originIdProperty, originQueueProperty } from './mailbox.ts'
export type {
  Message,
  MessageProperties,
  MessageProperty,
  NewMessage,
  QueueStats,
  ReceivedMessage,
  SentMessage,
} from './message.ts'
export { createQueues, type Queues, type QueuesOptions, type ReceiveOptions } from './queues.ts'
export type { SendOutcome } from './send.ts'
