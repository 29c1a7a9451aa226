import { Secret, tlsOptions } from '@millrace/spi'
import { type Static, Type } from 'typebox'

const strict = { additionalProperties: false }

const connection = {
  endpoint: Type.String({
    default: '127.0.0.1:4222',
    minLength: 1,
    maxLength: 2_048,
    description:
      '`host:port` of the server, or of several, separated by commas, which are tried in turn. The port is 4222 when it is left out.',
  }),
  username: Type.Optional(
    Type.String({ minLength: 1, maxLength: 255, description: 'User, with `password`.' }),
  ),
  password: Type.Optional(Secret({ maxLength: 4_096, description: 'Password of the user.' })),
  token: Type.Optional(
    Secret({ minLength: 1, maxLength: 4_096, description: 'Token to get in with, instead of a user.' }),
  ),
  nkeySeed: Type.Optional(
    Secret({
      minLength: 1,
      maxLength: 128,
      description: 'Seed of an NKey to get in with, instead of a user.',
    }),
  ),
  credentials: Type.Optional(
    Secret({
      minLength: 1,
      maxLength: 65_536,
      description: 'Text of a credentials file (a JWT and its NKey seed) to get in with, instead of a user.',
    }),
  ),
  tls: Type.Optional(tlsOptions({ description: 'Connect with TLS; without it, in the clear.' })),
  connectTimeoutMs: Type.Integer({
    default: 5_000,
    minimum: 1,
    maximum: 60_000,
    description: 'Longest wait for a connection, in milliseconds.',
  }),
  answerTimeoutMs: Type.Integer({
    default: 5_000,
    minimum: 100,
    maximum: 600_000,
    description: 'Longest wait for an answer, such as the acknowledgement of a message, in milliseconds.',
  }),
  heartbeatSeconds: Type.Integer({
    default: 10,
    minimum: 1,
    maximum: 600,
    description: 'A connection on which nothing was heard for about three times as long is given up.',
  }),
  domain: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9_-]{1,64}$',
      description: 'JetStream domain, where there are several.',
    }),
  ),
  inboxPrefix: Type.String({
    default: '_INBOX',
    pattern: '^[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*$',
    maxLength: 255,
    description:
      'Beginning of the subjects on which answers come, for users who may not subscribe to all of them.',
  }),
}

/** Where the server is and how to get in. */
export const NatsConnection = Type.Object(connection, strict)
export type NatsConnection = Static<typeof NatsConnection>

const name = (description: string) =>
  Type.String({ pattern: '^[^\\s.*>/\\\\\\u0000-\\u001f]{1,255}$', description })
const subject = (description: string) => Type.String({ minLength: 1, maxLength: 1_024, description })

/** Options of the source, as users write them. */
export const NatsSourceOptions = Type.Object(
  {
    ...connection,
    stream: name('Stream to read. Required.'),
    consumer: {
      ...name('Durable pull consumer to read by; all who read by it share the messages.'),
      default: 'millrace',
    },
    mode: Type.Union([Type.Literal('message'), Type.Literal('cloudevents')], {
      default: 'message',
      description:
        '`message`: each message in an event of its own. `cloudevents`: messages that follow the CloudEvents binding are passed on as those events, others as with `message`.',
    }),
    bodyForm: Type.Union([Type.Literal('json'), Type.Literal('text'), Type.Literal('binary')], {
      default: 'json',
      description:
        'How the body stands in `data.body`: its JSON, a text, or base64. A body that is not so is a faulty record.',
    }),
    makeConsumer: Type.Boolean({
      default: false,
      description: 'Make the consumer when it is not there. Otherwise that is an error.',
    }),
    filterSubjects: Type.Optional(
      Type.Array(subject('Subject, with wildcards.'), {
        minItems: 1,
        maxItems: 64,
        description:
          'Subjects that the consumer delivers, all without it. Several need NATS 2.10. A consumer that is there with others is an error.',
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
              description: 'Begin with the first message at or after this time (RFC 3339).',
            }),
          },
          strict,
        ),
      ],
      { default: 'latest', description: 'Where a consumer begins that is made here.' },
    ),
    ackWaitMs: Type.Integer({
      default: 30_000,
      minimum: 1_000,
      maximum: 3_600_000,
      description:
        'A consumer that is made here hands out again what was not acknowledged for so long, in milliseconds. Living readers ask for more time three times as often.',
    }),
    ackPendingMax: Type.Integer({
      default: 10_000,
      minimum: 1,
      maximum: 1_000_000,
      description:
        'Messages that a consumer which is made here hands out at most, to all its readers, before it waits.',
    }),
    streamSubjects: Type.Optional(
      Type.Array(subject('Subject, with wildcards.'), {
        minItems: 1,
        maxItems: 64,
        description:
          'Make the stream for these subjects, on disk, when it is not there. Otherwise that is an error.',
      }),
    ),
    prefetch: Type.Integer({
      default: 1_000,
      minimum: 1,
      maximum: 65_535,
      description: 'Messages that a task holds at most, read or not, before it has acknowledged any.',
    }),
    waitMs: Type.Integer({
      default: 1_000,
      minimum: 50,
      maximum: 30_000,
      description:
        'How long one request waits at the server for messages, in milliseconds. A source that is closed waits for its end.',
    }),
  },
  strict,
)
export type NatsSourceOptions = Static<typeof NatsSourceOptions>

/** Options of the sink, as users write them. */
export const NatsSinkOptions = Type.Object(
  {
    ...connection,
    subject: Type.Optional(
      subject('Subject to publish to; the parameter `subject` of a target wins. One of them is needed.'),
    ),
    mode: Type.Union([Type.Literal('body'), Type.Literal('structured'), Type.Literal('binary')], {
      default: 'body',
      description:
        '`body`: what the transform made, or the structured event when there is none. `structured`, `binary`: the event itself in that mode of the CloudEvents binding; the transform is not used.',
    }),
    stream: Type.Optional(
      name('Stream that must take the messages; one that another takes is refused by the server.'),
    ),
    deduplicate: Type.Boolean({
      default: true,
      description:
        'Send source and id of the event as `Nats-Msg-Id`: within its window, the stream takes an event once.',
    }),
    unconfirmedMax: Type.Integer({
      default: 4_000,
      minimum: 1,
      maximum: 100_000,
      description: 'Messages that wait for their acknowledgement at most; others wait before they are sent.',
    }),
  },
  strict,
)
export type NatsSinkOptions = Static<typeof NatsSinkOptions>

/** One of the servers that an `endpoint` names. */
export interface Address {
  readonly host: string
  readonly port: number
}

const portDefault = 4_222

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
