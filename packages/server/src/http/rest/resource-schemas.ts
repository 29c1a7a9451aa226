import { type TSchema, Type } from 'typebox'
import { Name } from '../../resources/index.ts'

export const BusParams = Type.Object({ bus: Name })
export const RuleParams = Type.Object({ bus: Name, rule: Name })
export const TargetParams = Type.Object({ bus: Name, rule: Name, target: Name })

export const NamedParams = Type.Object({ name: Name })

/** Query of every list: `after` is the `next` of the page before. */
export const PageQuery = Type.Object(
  {
    limit: Type.Integer({
      default: 100,
      minimum: 1,
      maximum: 1_000,
      description: 'Items of one page at most.',
    }),
    after: Type.Optional(Type.String({ maxLength: 128, description: 'The `next` of the page before.' })),
  },
  { additionalProperties: false },
)

/** A resource as it is read: what the user wrote, complete, and what the platform knows of it. */
export function ResourceSchema(spec: TSchema) {
  return Type.Object(resourceMembers(spec))
}

/** The answer to a PUT. */
export function PutSchema(spec: TSchema) {
  return Type.Object({
    ...resourceMembers(spec),
    created: Type.Boolean({ description: 'It was not there before.' }),
  })
}

function resourceMembers(spec: TSchema) {
  return {
    name: Name,
    spec,
    revision: Type.Integer({ description: 'Grows with each change; also the `ETag`.' }),
    createdAtMs: Type.Integer({ description: 'Milliseconds since the epoch.' }),
    updatedAtMs: Type.Integer({ description: 'Milliseconds since the epoch.' }),
  }
}

export function PageSchema(item: TSchema) {
  return Type.Object({
    items: Type.Array(item),
    next: Type.Optional(
      Type.String({ description: 'Pass it as `after` for the next page; absent on the last.' }),
    ),
  })
}
