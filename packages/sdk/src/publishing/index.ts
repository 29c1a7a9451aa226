export { BatchPublisher, type Flushed, type PostBatch, type TakenEvent } from './batch-publisher.ts'
export type { BatchPublisherOptions, FailedPublication } from './options.ts'
