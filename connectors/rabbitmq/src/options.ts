import { Secret, tlsOptions } from '@millrace/spi'
import { type Static, Type } from 'typebox'

const strict = { additionalProperties: false }

const tls = tlsOptions({ description: 'Connect with TLS; without it, in the clear.' })

const connection = {
  endpoint: Type.String({
    default: '127.0.0.1:5672',
    minLength: 1,
    maxLength: 2_048,
    description:
      '`host:port` of the server, or of several, separated by commas, which are tried in turn. The port is 5672, or 5671 with TLS, when it is left out.',
  }),
  virtualHost: Type.String({ default: '/', maxLength: 255, description: 'Virtual host.' }),
  username: Type.String({ default: 'guest', maxLength: 255, description: 'User.' }),
  password: Secret({ default: 'guest', maxLength: 4_096, description: 'Password of the user.' }),
  tls: Type.Optional(tls),
  connectTimeoutMs: Type.Integer({
    default: 5_000,
    minimum: 1,
    maximum: 60_000,
    description: 'Longest wait for a connection, in milliseconds.',
  }),
  heartbeatSeconds: Type.Integer({
    default: 10,
    minimum: 1,
    maximum: 600,
    description: 'A connection on which nothing was heard for twice as long is given up.',
  }),
}

/** Where the server is and how to get in. */
export const RabbitConnection = Type.Object(connection, strict)
export type RabbitConnection = Static<typeof RabbitConnection>

/** Options of the source, as users write them. */
export const RabbitSourceOptions = Type.Object(
  {
    ...connection,
    queue: Type.String({
      minLength: 1,
      maxLength: 255,
      description: 'Queue to read from; it must be there. Required.',
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
      description: 'Messages that a task holds at most, read or not, before it has acknowledged any.',
    }),
    exclusive: Type.Boolean({
      default: false,
      description: 'Let nobody else read from the queue; a second reader is refused.',
    }),
  },
  strict,
)
export type RabbitSourceOptions = Static<typeof RabbitSourceOptions>

/** Options of the sink, as users write them. */
export const RabbitSinkOptions = Type.Object(
  {
    ...connection,
    exchange: Type.String({
      default: '',
      maxLength: 255,
      description:
        'Exchange to publish to; the empty text is the default exchange, which routes by name of the queue.',
    }),
    queue: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 255,
        description: 'Queue to send to, by the default exchange; instead of `exchange` and `routingKey`.',
      }),
    ),
    routingKey: Type.String({
      default: '',
      maxLength: 255,
      description: 'Routing key; the parameter `routingKey` of a target wins.',
    }),
    mandatory: Type.Boolean({
      default: true,
      description: 'A message that reaches no queue is a failure. Otherwise it is lost without a word.',
    }),
    persistent: Type.Boolean({ default: true, description: 'Messages outlive a restart of the server.' }),
    unconfirmedMax: Type.Integer({
      default: 2_000,
      minimum: 1,
      maximum: 100_000,
      description: 'Messages that wait for their confirmation at most; others wait before they are sent.',
    }),
  },
  strict,
)
export type RabbitSinkOptions = Static<typeof RabbitSinkOptions>

/** One of the servers that an `endpoint` names. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** Splits an `endpoint`. Throws a plain sentence for one that names no server. */
export function parseEndpoint({
  endpoint,
  tls: secure,
}: Pick<RabbitConnection, 'endpoint' | 'tls'>): Address[] {
  return endpoint.split(',').map(part => {
    const [, bracketed, plain, port] =
      /^(?:\[([^\]]+)\]|([^:[\]\s/]+))(?::(\d{1,5}))?$/.exec(part.trim()) ?? []
    const host = bracketed ?? plain
    const number = port === undefined ? (secure === undefined ? 5_672 : 5_671) : Number(port)
    if (host === undefined || number < 1 || number > 65_535) {
      throw new Error('is not "host:port", or several of them separated by commas')
    }
    return { host, port: number }
  })
}
