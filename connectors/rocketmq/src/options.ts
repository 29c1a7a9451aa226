import { Secret } from '@millrace/spi'
import { type Static, type TProperties, Type } from 'typebox'

const strict = { additionalProperties: false }

const endpoints = Type.Array(
  Type.String({ minLength: 3, maxLength: 260, description: 'One address, `host:port`.' }),
  {
    minItems: 1,
    maxItems: 16,
    description:
      'gRPC addresses of RocketMQ 5 proxies, `host:port`. One is used at a time; each reconnect takes the next. Required, here or in the instance.',
  },
)

const tls = Type.Object(
  {
    ca: Type.Optional(
      Type.String({
        maxLength: 262_144,
        description: 'PEM certificates to trust instead of the built-in authorities.',
      }),
    ),
    certificate: Type.Optional(
      Type.String({ maxLength: 262_144, description: 'PEM certificate chain of the client, with `key`.' }),
    ),
    key: Type.Optional(Secret({ maxLength: 65_536, description: 'PEM private key of `certificate`.' })),
    serverName: Type.Optional(
      Type.String({
        maxLength: 253,
        description: 'Name that the certificates must be for, when it is not the host of the address.',
      }),
    ),
    insecureSkipVerify: Type.Boolean({
      default: false,
      description: 'Accept any certificate. Whoever sits on the way can then read and forge everything.',
    }),
  },
  { ...strict, description: 'TLS to the proxy, `{}` with the built-in authorities; plain TCP when absent.' },
)

/** How to get in; the same in instances, sources and sinks. */
const connection = {
  accessKey: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 256,
      description: 'Name of the credentials, with `accessSecret`.',
    }),
  ),
  accessSecret: Type.Optional(
    Secret({ minLength: 1, maxLength: 1_024, description: 'What requests are signed with; it is not sent.' }),
  ),
  securityToken: Type.Optional(
    Secret({ minLength: 1, maxLength: 8_192, description: 'Token of temporary credentials.' }),
  ),
  namespace: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 128,
      pattern: '^[A-Za-z0-9_-]+$',
      description:
        'Namespace of topics and groups, which a managed instance is told apart by. Open-source proxies take no notice of it; there it is part of the names, `NAMESPACE%topic`.',
    }),
  ),
  tls: Type.Optional(tls),
  connectTimeoutMs: Type.Integer({
    default: 15_000,
    minimum: 1_000,
    maximum: 120_000,
    description:
      'Longest wait until the client process is ready, its own start and the answer of the proxy included, in milliseconds.',
  }),
  requestTimeoutMs: Type.Integer({
    default: 5_000,
    minimum: 1_000,
    maximum: 60_000,
    description: 'Longest wait for the answer to one request, in milliseconds.',
  }),
} satisfies TProperties

/** Options of an instance document. */
export const RocketmqConnectionOptions = Type.Object(
  { endpoints: Type.Optional(endpoints), ...connection },
  strict,
)

const namePattern = '^[%|A-Za-z0-9_-]+$'

/** Options of the RocketMQ source, as users write them. */
export const RocketmqSourceOptions = Type.Object(
  {
    endpoints,
    ...connection,
    topic: Type.String({
      minLength: 1,
      maxLength: 127,
      pattern: namePattern,
      description: 'The topic. Required.',
    }),
    group: Type.String({
      minLength: 1,
      maxLength: 255,
      pattern: namePattern,
      description:
        'Consumer group. All readers of a group share the topic, and the server remembers what the group has done. Required.',
    }),
    start: Type.Union(
      [
        Type.Literal('earliest'),
        Type.Literal('latest'),
        Type.Object(
          {
            time: Type.String({
              maxLength: 40,
              description: 'Begin with the first record at or after this time (RFC 3339).',
            }),
          },
          strict,
        ),
      ],
      {
        default: 'latest',
        description:
          'Where an unused group begins. Servers of version 5 decide that themselves; all but `latest` is refused, with the command that sets it on the server.',
      },
    ),
    tags: Type.String({
      default: '*',
      minLength: 1,
      maxLength: 1_024,
      description: 'Only messages with one of these tags, `a || b`; `*` for all. Not with `sql`.',
    }),
    sql: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 4_096,
        description:
          "Only messages whose tag and properties fit this expression, such as `TAGS = 'a' AND price > 10`. The broker must have `enablePropertyFilter`.",
      }),
    ),
    bodyForm: Type.Union([Type.Literal('json'), Type.Literal('text'), Type.Literal('binary')], {
      default: 'json',
      description:
        'How the body of a message stands in `data.body`: `json` as it is, `text` as a string, `binary` as base64.',
    }),
    invisibleMs: Type.Integer({
      default: 30_000,
      minimum: 10_000,
      maximum: 3_600_000,
      description:
        'For so long, in milliseconds, a message that was read is hidden from other readers. It is prolonged while it is held here; after a crash the others wait for it.',
    }),
    pollMs: Type.Integer({
      default: 15_000,
      minimum: 5_000,
      maximum: 20_000,
      description: 'How long the proxy holds an answer back for want of messages, in milliseconds.',
    }),
    prefetchMax: Type.Integer({
      default: 32,
      minimum: 1,
      maximum: 32,
      description:
        'Messages that one request asks for. Each broker is asked by one request at a time, and only when a read finds nothing here.',
    }),
    heldMax: Type.Integer({
      default: 2_000,
      minimum: 32,
      maximum: 20_000,
      description: 'While so many messages are read and not committed, nothing more is fetched.',
    }),
    recordBytesMax: Type.Integer({
      default: 4_194_304,
      minimum: 1,
      maximum: 104_857_600,
      description:
        'A message with a larger body, unpacked, is handed on as a fault (`record.too-large`), without its body.',
    }),
  },
  strict,
)
export type RocketmqSourceOptions = Static<typeof RocketmqSourceOptions>

/** Options of the RocketMQ sink, as users write them. */
export const RocketmqSinkOptions = Type.Object(
  {
    endpoints,
    ...connection,
    topic: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 127,
        pattern: namePattern,
        description: 'The topic, where the parameter `topic` names no other one.',
      }),
    ),
  },
  strict,
)
export type RocketmqSinkOptions = Static<typeof RocketmqSinkOptions>

/** What sources and sinks have in common. */
export type ConnectionOptions = Omit<RocketmqSinkOptions, 'topic'>
