export {
  Catalogue,
  type CatalogueOptions,
  defineCatalogue,
  type EventOf,
} from './catalogue.ts'
export type { CatalogueEvent, NewEvent, Schemas } from './event.ts'
export type { EventPath } from './event-path.ts'
export { type FromJsonSchema, type JsonSchema, jsonSchema } from './json-schema.ts'
export type { PatternOf } from './pattern.ts'
export { type EventPublishing, Publisher } from './publisher.ts'
export type { TypedRule, TypedStream, TypedTarget, TypedTransform } from './typed-spec.ts'
export { type EventOutbox, TypedOutbox } from './typed-outbox.ts'
