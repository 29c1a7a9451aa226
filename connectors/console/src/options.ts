import { type Static, Type } from 'typebox'

/** Options of the console sink, as users write them. */
export const ConsoleSinkOptions = Type.Object(
  {
    output: Type.Union([Type.Literal('stdout'), Type.Literal('log')], {
      default: 'stdout',
      description: 'Where lines go: standard output of the server, or its log.',
    }),
    show: Type.Union([Type.Literal('body'), Type.Literal('event'), Type.Literal('head')], {
      default: 'body',
      description:
        'What stands behind time, type, source and id: `body`, what the transform made, or the event when there is none; `event`, the event itself; `head`, nothing.',
    }),
    lengthMax: Type.Integer({
      default: 1_000,
      minimum: 1,
      maximum: 65_536,
      description: 'Characters that are shown of body or event; the rest is cut off.',
    }),
  },
  { additionalProperties: false },
)
export type ConsoleSinkOptions = Static<typeof ConsoleSinkOptions>
