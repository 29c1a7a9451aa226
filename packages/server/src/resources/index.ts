export * from './bus.ts'
export * from './collection.ts'
export {
  defaultResourceLimits,
  type MessagingHost,
  type PartChecks,
  type ResourceLimits,
  type ResourcesHost,
} from './control.ts'
export type { DomainStore } from './domain-store.ts'
export type { BusStore } from './bus-store.ts'
export { notFound, resourcesErrors } from './errors.ts'
export * from './function.ts'
export * from './function-parts.ts'
export * from './instance.ts'
export type { NamedStore } from './named-store.ts'
export { functionView, withDeployment } from './function-view.ts'
export type { FunctionStore } from './function-store.ts'
export type { LayerStore } from './layer-store.ts'
export * from './names.ts'
export type { PartStore } from './part-store.ts'
export * from './queue.ts'
export type { QueueStore } from './queue-store.ts'
export * from './rule.ts'
export type { RuleStore } from './rule-store.ts'
export type { Secrets } from './secrets.ts'
export * from './snapshot.ts'
export * from './stream.ts'
export { openResources, type Resources } from './store.ts'
export * from './target.ts'
export * from './topic.ts'
export type { TopicStore } from './topic-store.ts'
export * from './transform.ts'
export type { VersionPage, VersionStore } from './version-store.ts'
