import { type Static, Type } from 'typebox'

/** Longest path that is taken, in characters. */
const pathLengthMax = 4_096

/** Options of the file source, as users write them. */
export const FileSourceOptions = Type.Object(
  {
    paths: Type.Array(Type.String({ minLength: 1, maxLength: pathLengthMax }), {
      minItems: 1,
      maxItems: 64,
      description:
        'Files to follow, with absolute paths below a folder that the operator allows; each is a partition. Required.',
    }),
    start: Type.Union([Type.Literal('earliest'), Type.Literal('latest')], {
      default: 'earliest',
      description: 'Where to begin in a file that has not been read before: at its beginning, or at its end.',
    }),
    form: Type.Union([Type.Literal('json'), Type.Literal('text')], {
      default: 'json',
      description: 'What a line is: a JSON value, or text.',
    }),
    lineBytesMax: Type.Integer({
      default: 1_048_576,
      minimum: 1,
      maximum: 16_777_216,
      description: 'Longest line in bytes; a longer one is passed over, with a fault.',
    }),
    pollMs: Type.Integer({
      default: 250,
      minimum: 1,
      maximum: 60_000,
      description: 'Pause between two looks for new lines, in milliseconds.',
    }),
  },
  { additionalProperties: false },
)
export type FileSourceOptions = Static<typeof FileSourceOptions>

/** Options of the file sink, as users write them. */
export const FileSinkOptions = Type.Object(
  {
    path: Type.String({
      minLength: 1,
      maxLength: pathLengthMax,
      description:
        'File to append to, with an absolute path below a folder that the operator allows; made if need be. Required.',
    }),
    line: Type.Union([Type.Literal('body'), Type.Literal('event')], {
      default: 'body',
      description:
        'What a line is: `body`, what the transform made, or the event when there is none; `event`, the event itself.',
    }),
    sync: Type.Boolean({
      default: true,
      description:
        'Whether a write is on the disk before it counts; without it, a crash of the machine may lose lines.',
    }),
    fileBytesMax: Type.Integer({
      default: 104_857_600,
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description:
        'A new file is begun before a write that would make this one larger, in bytes; 0 for no limit.',
    }),
    fileAgeMsMax: Type.Integer({
      default: 0,
      minimum: 0,
      maximum: 31_536_000_000,
      description: 'A new file is begun with the first write after so many milliseconds; 0 for no limit.',
    }),
    filesMax: Type.Integer({
      default: 10,
      minimum: 0,
      maximum: 1_000,
      description: 'Older files that are kept as `<path>.1`, the newest, `<path>.2` and so on.',
    }),
  },
  { additionalProperties: false },
)
export type FileSinkOptions = Static<typeof FileSinkOptions>
