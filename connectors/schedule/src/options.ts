import { type Static, Type } from 'typebox'

/** Options of the source, as users write them. */
export const ScheduleSourceOptions = Type.Object(
  {
    schedule: Type.String({
      minLength: 11,
      maxLength: 512,
      description:
        'Six fields: second, minute, hour, day of the month, month, day of the week (0 and 7 are Sunday). Required.',
    }),
    timeZone: Type.String({
      default: 'UTC',
      minLength: 1,
      maxLength: 64,
      description: 'Name of the time zone database, or an offset such as `GMT+8:00`.',
    }),
    userData: Type.Optional(
      Type.String({
        maxLength: 65_536,
        description: 'What stands in `data.UserData`: as its value where it is JSON, else as a text.',
      }),
    ),
    lateMsMax: Type.Integer({
      default: 60_000,
      minimum: 0,
      maximum: 86_400_000,
      description:
        'Firings that were due while nobody read are made up when they are no older than this, in milliseconds.',
    }),
  },
  { additionalProperties: false },
)
export type ScheduleSourceOptions = Static<typeof ScheduleSourceOptions>
