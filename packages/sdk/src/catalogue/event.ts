import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { EventInput } from '../events.ts'

/** The schema of `data` for each type of event: of Zod, Valibot, ArkType or another with the Standard Schema interface. */
export type Schemas = Readonly<Record<string, StandardSchemaV1>>

/** An event as consumers get it: `data` as its schema puts it out, extension attributes beside the others. */
export type CatalogueEvent<Type extends string, Data, Extension extends string = never> = {
  readonly specversion: '1.0'
  readonly id: string
  readonly source: string
  readonly type: Type
  readonly subject?: string
  readonly time?: string
  readonly datacontenttype?: string
  readonly dataschema?: string
  readonly traceparent?: string
  readonly data: Data
} & { readonly [Name in Extension]?: string }

/** Events of one or several types of a catalogue; of several it is their union. */
export type EventOfSchemas<All extends Schemas, Type extends keyof All & string, Extension extends string> = {
  [Each in Type]: CatalogueEvent<Each, StandardSchemaV1.InferOutput<All[Each]>, Extension>
}[Type]

/** An event as producers write it: `data` as its schema takes it in. */
export type NewEvent<All extends Schemas, Type extends keyof All & string, Extension extends string> = Omit<
  EventInput,
  'type' | 'data' | Extension
> & { readonly data: StandardSchemaV1.InferInput<All[Type]> } & { readonly [Name in Extension]?: string }
