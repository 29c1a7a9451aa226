import { Secret, tlsOptions } from '@millrace/spi'
import { type Static, Type } from 'typebox'

const strict = { additionalProperties: false }

const connection = {
  endpoint: Type.String({
    default: '127.0.0.1:6379',
    minLength: 1,
    maxLength: 2_048,
    description:
      '`host:port` of the server, or of several, separated by commas, which are tried in turn. The port is 6379 when it is left out.',
  }),
  username: Type.Optional(
    Type.String({ minLength: 1, maxLength: 255, description: 'ACL user; the default user without it.' }),
  ),
  password: Type.Optional(Secret({ maxLength: 4_096, description: 'Password of the user.' })),
  database: Type.Integer({ default: 0, minimum: 0, maximum: 65_535, description: 'Number of the database.' }),
  tls: Type.Optional(tlsOptions({ description: 'Connect with TLS; without it, in the clear.' })),
  connectTimeoutMs: Type.Integer({
    default: 5_000,
    minimum: 1,
    maximum: 60_000,
    description: 'Longest wait for a connection, in milliseconds.',
  }),
  answerTimeoutMs: Type.Integer({
    default: 10_000,
    minimum: 100,
    maximum: 600_000,
    description: 'A connection on which an answer is overdue for so long, in milliseconds, is given up.',
  }),
}

/** Where the server is and how to get in. */
export const RedisConnection = Type.Object(connection, strict)
export type RedisConnection = Static<typeof RedisConnection>

const key = (description: string) => Type.String({ minLength: 1, maxLength: 1_024, description })

/** Options of the source, as users write them. */
export const RedisSourceOptions = Type.Object(
  {
    ...connection,
    streams: Type.Array(key('Key of a stream.'), {
      minItems: 1,
      maxItems: 64,
      description: 'Keys of the streams to read. Required.',
    }),
    group: Type.String({
      default: 'millrace',
      minLength: 1,
      maxLength: 255,
      description:
        'Consumer group. All readers of a group share the entries; it is made where it is missing.',
    }),
    consumer: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 255,
        description:
          'Name of this reader in the group, for streams with one task: what it held when its process died comes again at once, not after `claimIdleMs`. Each reader gets a name of its own without it.',
      }),
    ),
    start: Type.Union(
      [
        Type.Literal('earliest'),
        Type.Literal('latest'),
        Type.Object(
          {
            time: Type.String({
              maxLength: 40,
              description: 'Begin with the first entry at or after this time (RFC 3339).',
            }),
          },
          strict,
        ),
      ],
      { default: 'latest', description: 'Where a group begins that is made here.' },
    ),
    makeStreams: Type.Boolean({
      default: false,
      description: 'Make streams that are not there, empty. Otherwise they are an error.',
    }),
    bodyField: Type.String({
      default: 'body',
      minLength: 1,
      maxLength: 255,
      description: 'Field of an entry that is its body; the others stand in `data.fields`.',
    }),
    bodyForm: Type.Union([Type.Literal('json'), Type.Literal('text'), Type.Literal('binary')], {
      default: 'json',
      description:
        'How the body stands in `data.body`: its JSON, a text, or base64. A body that is not so is a faulty record.',
    }),
    prefetch: Type.Integer({
      default: 1_000,
      minimum: 1,
      maximum: 65_535,
      description: 'Entries that a task holds at most, read or not, before it has acknowledged any.',
    }),
    blockMs: Type.Integer({
      default: 2_000,
      minimum: 10,
      maximum: 60_000,
      description: 'How long one request waits at the server for new entries, in milliseconds.',
    }),
    claimIdleMs: Type.Integer({
      default: 60_000,
      minimum: 1_000,
      maximum: 86_400_000,
      description:
        'Entries of which nothing was heard for so long, in milliseconds, are taken over from their reader, which is dead or cut off. Living readers speak up three times as often.',
    }),
  },
  strict,
)
export type RedisSourceOptions = Static<typeof RedisSourceOptions>

/** Options of the sink, as users write them. */
export const RedisSinkOptions = Type.Object(
  {
    ...connection,
    key: Type.Optional(
      key(
        'Key, or name of the channel, to write to; the parameter `key` of a target wins. One of them is needed.',
      ),
    ),
    type: Type.Union(
      [Type.Literal('stream'), Type.Literal('hash'), Type.Literal('list'), Type.Literal('channel')],
      {
        default: 'stream',
        description:
          'What is written: an entry of a stream, the fields of a hash, an element of a list, or a message to who listens to a channel.',
      },
    ),
    entry: Type.Union([Type.Literal('body'), Type.Literal('fields')], {
      default: 'body',
      description:
        'Fields of an entry of a stream: `body` is one field with the body, `fields` are the members of the body, which is a JSON object. Parameters `columns.<name>` are the fields in either case, when there are any.',
    }),
    bodyField: Type.String({
      default: 'body',
      minLength: 1,
      maxLength: 255,
      description: 'Name of the field that has the body, with `entry: body`.',
    }),
    end: Type.Union([Type.Literal('right'), Type.Literal('left')], {
      default: 'right',
      description: 'End of a list to which elements are added.',
    }),
    lengthMax: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000_000,
        description:
          'Entries that a stream keeps, about, or elements that a list keeps, exactly; older ones are removed, read or not. Unbounded without it.',
      }),
    ),
    unconfirmedMax: Type.Integer({
      default: 10_000,
      minimum: 1,
      maximum: 100_000,
      description: 'Records that wait for their answer at most; others wait before they are sent.',
    }),
  },
  strict,
)
export type RedisSinkOptions = Static<typeof RedisSinkOptions>

/** One of the servers that an `endpoint` names. */
export interface Address {
  readonly host: string
  readonly port: number
}

const portDefault = 6_379

/** Splits an `endpoint`. Throws a plain sentence for one that names no server. */
export function parseEndpoint(endpoint: string): Address[] {
  return endpoint.split(',').map(part => {
    const [, bracketed, plain, port] =
      /^(?:\[([^\]]+)\]|([^:[\]\s/@]+))(?::(\d{1,5}))?$/.exec(part.trim()) ?? []
    const host = bracketed ?? plain
    const number = port === undefined ? portDefault : Number(port)
    if (host === undefined || number < 1 || number > 65_535) {
      throw new Error('is not "host:port", or several of them separated by commas')
    }
    return { host, port: number }
  })
}
