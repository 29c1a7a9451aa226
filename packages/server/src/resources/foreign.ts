import { Type } from 'typebox'

/**
 * What a compatible interface was told and the engine has no use for, by the name of the interface, so that it can give
 * back what was written. Stored with the resource, never read by the engine.
 */
export const Foreign = Type.Optional(
  Type.Record(Type.String({ maxLength: 63 }), Type.Unknown(), {
    maxProperties: 8,
    description:
      'Settings of compatible interfaces, by interface: kept and given back as they are, without any effect.',
  }),
)
