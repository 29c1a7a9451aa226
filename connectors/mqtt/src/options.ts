import { Secret, tlsOptions } from '@millrace/spi'
import { type Static, Type } from 'typebox'

const strict = { additionalProperties: false }

const tls = tlsOptions({ description: 'Connect with TLS; without it, in the clear.' })

const connection = {
  endpoint: Type.String({
    default: '127.0.0.1:1883',
    minLength: 1,
    maxLength: 2_048,
    description:
      '`host:port` of the server, or of several, separated by commas, which are tried in turn. The port is 1883, or 8883 with TLS, when it is left out.',
  }),
  username: Type.Optional(Type.String({ maxLength: 1_024, description: 'User; nobody when absent.' })),
  password: Type.Optional(Secret({ maxLength: 4_096, description: 'Password of the user.' })),
  tls: Type.Optional(tls),
  connectTimeoutMs: Type.Integer({
    default: 5_000,
    minimum: 1,
    maximum: 60_000,
    description: 'Longest wait for a connection, in milliseconds.',
  }),
  keepAliveSeconds: Type.Integer({
    default: 30,
    minimum: 1,
    maximum: 3_600,
    description: 'The server is asked for a sign of life this often, and given up without an answer.',
  }),
}

/** Where the server is and how to get in. */
export const MqttConnection = Type.Object(connection, strict)
export type MqttConnection = Static<typeof MqttConnection>

/** Options of the source, as users write them. */
export const MqttSourceOptions = Type.Object(
  {
    ...connection,
    topic: Type.String({
      minLength: 1,
      maxLength: 1_024,
      description: 'Topic to read, or a filter with `+` and `#`. Required.',
    }),
    group: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 255,
        description:
          'Name of the shared subscription; all that read under one name share the messages. Made of account and stream when absent.',
      }),
    ),
    clientId: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 255,
        pattern: '^[A-Za-z0-9._:@-]+$',
        description:
          'Beginning of the client ids, which end in `-` and a number from 0. Made of account and stream when absent.',
      }),
    ),
    sessionExpirySeconds: Type.Integer({
      default: 86_400,
      minimum: 0,
      maximum: 4_294_967_295,
      description:
        'How long the server keeps messages for a reader that is away, in seconds; 4294967295 is for ever.',
    }),
    mode: Type.Union([Type.Literal('message'), Type.Literal('cloudevents')], {
      default: 'message',
      description:
        '`message`: a message becomes the data of an event. `cloudevents`: a message that follows the CloudEvents binding of MQTT is passed on as that event; others as with `message`.',
    }),
    bodyForm: Type.Union([Type.Literal('json'), Type.Literal('text'), Type.Literal('binary')], {
      default: 'json',
      description:
        'How the body stands in `data.body`: its JSON, a text, or base64. A body that is not so is a faulty record.',
    }),
    idProperty: Type.String({
      default: 'id',
      minLength: 1,
      maxLength: 255,
      description:
        'User property that holds the id of a message. A message without it gets an id that is derived.',
    }),
    prefetch: Type.Integer({
      default: 1_000,
      minimum: 1,
      maximum: 65_535,
      description: 'Messages that a task holds at most, read or not, before it has acknowledged any.',
    }),
    messageBytesMax: Type.Integer({
      default: 1_048_576,
      minimum: 1,
      maximum: 268_435_455,
      description: 'Bytes of a body at most; a larger one is a faulty record.',
    }),
  },
  strict,
)
export type MqttSourceOptions = Static<typeof MqttSourceOptions>

/** Options of the sink, as users write them. */
export const MqttSinkOptions = Type.Object(
  {
    ...connection,
    topic: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 1_024,
        description: 'Topic to publish to; the parameter `topic` of a target wins.',
      }),
    ),
    mode: Type.Union([Type.Literal('body'), Type.Literal('structured'), Type.Literal('binary')], {
      default: 'body',
      description:
        '`body`: what the transform made, or the whole event. `structured` and `binary`: the event in these modes of the CloudEvents binding of MQTT; the transform is not used.',
    }),
    retain: Type.Boolean({
      default: false,
      description:
        'The server keeps the last message of each topic for whoever subscribes later; the parameter `retain` wins.',
    }),
    messageExpirySeconds: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 4_294_967_295,
        description: 'The server drops a message that it could not hand on for so long, in seconds.',
      }),
    ),
    unconfirmedMax: Type.Integer({
      default: 1_000,
      minimum: 1,
      maximum: 65_535,
      description:
        'Messages that wait for their confirmation at most; fewer where the server says so. Others wait before they are sent.',
    }),
  },
  strict,
)
export type MqttSinkOptions = Static<typeof MqttSinkOptions>

/** One of the servers that an `endpoint` names. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** Splits an `endpoint`. Throws a plain sentence for one that names no server. */
export function parseEndpoint({
  endpoint,
  tls: secure,
}: Pick<MqttConnection, 'endpoint' | 'tls'>): Address[] {
  return endpoint.split(',').map(part => {
    const [, bracketed, plain, port] =
      /^(?:\[([^\]]+)\]|([^:[\]\s/]+))(?::(\d{1,5}))?$/.exec(part.trim()) ?? []
    const host = bracketed ?? plain
    const number = port === undefined ? (secure === undefined ? 1_883 : 8_883) : Number(port)
    if (host === undefined || number < 1 || number > 65_535) {
      throw new Error('is not "host:port", or several of them separated by commas')
    }
    return { host, port: number }
  })
}
