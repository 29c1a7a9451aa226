export { blockList } from './guard.ts'
export { WebhookSourceOptions } from './options.ts'
export { WebhookSource } from './source.ts'
