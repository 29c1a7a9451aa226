import { type Static, Type } from 'typebox'
import { Foreign } from './foreign.ts'

/**
 * A named external system: where it is and how to get in. Streams and targets refer to it by its name, which may be the
 * id of a cloud instance, so that what was written for the cloud finds the system that stands here for it.
 */
export const InstanceSpec = Type.Object(
  {
    description: Type.String({ default: '', maxLength: 255 }),
    connector: Type.String({ description: 'System of an installed connector, such as `kafka`.' }),
    options: Type.Record(Type.String(), Type.Unknown(), {
      default: {},
      description:
        "The connector's connection options; a stream or target that names the instance adds its own.",
    }),
    foreign: Foreign,
  },
  { additionalProperties: false },
)
export type InstanceSpec = Static<typeof InstanceSpec>
