import type { StandardSchemaV1 } from '@standard-schema/spec'

/** The JSON Schema keywords from which a type is made. Others are allowed, and say nothing about the type. */
export interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly [keyword: string]: unknown
}

/** The type of the values that a JSON Schema describes; `unknown` where its keywords do not tell. */
export type FromJsonSchema<Schema> = Schema extends { readonly const: infer Value }
  ? Value
  : Schema extends { readonly enum: readonly (infer Value)[] }
    ? Value
    : Schema extends { readonly anyOf: readonly (infer One)[] } | { readonly oneOf: readonly (infer One)[] }
      ? FromJsonSchema<One>
      : Schema extends { readonly type: readonly (infer Name)[] }
        ? FromJsonSchema<Omit<Schema, 'type'> & { readonly type: Name }>
        : FromType<Schema>

type FromType<Schema> = Schema extends { readonly type: 'object' }
  ? ObjectOf<Schema>
  : Schema extends { readonly type: 'array' }
    ? Schema extends { readonly items: infer Items }
      ? FromJsonSchema<Items>[]
      : unknown[]
    : Schema extends { readonly type: infer Name }
      ? Name extends keyof Scalars
        ? Scalars[Name]
        : unknown
      : unknown

interface Scalars {
  string: string
  number: number
  integer: number
  boolean: boolean
  null: null
}

type ObjectOf<Schema> = Schema extends { readonly properties: infer Properties }
  ? Simplified<
      { -readonly [Key in keyof Properties & RequiredOf<Schema>]: FromJsonSchema<Properties[Key]> } & {
        -readonly [Key in Exclude<keyof Properties, RequiredOf<Schema>>]?: FromJsonSchema<Properties[Key]>
      }
    >
  : Record<string, unknown>

type RequiredOf<Schema> = Schema extends { readonly required: readonly (infer Name)[] } ? Name : never

type Simplified<Value> = { [Key in keyof Value]: Value[Key] }

/**
 * A JSON Schema as an entry of a catalogue. It gives the types; values are not checked against it here, since that is
 * work for a validator of your choice: pass `validate` to have it done before an event is published.
 */
export function jsonSchema<const Schema extends JsonSchema>(
  schema: Schema,
  validate?: (value: unknown) => readonly string[],
): StandardSchemaV1<FromJsonSchema<Schema>> & { readonly schema: Schema } {
  return {
    schema,
    '~standard': {
      version: 1,
      vendor: 'millrace',
      validate: value => {
        const messages = validate?.(value) ?? []
        return messages.length === 0
          ? { value: value as FromJsonSchema<Schema> }
          : { issues: messages.map(message => ({ message })) }
      },
    },
  }
}
