import { Secret } from '@millrace/spi'
import { type Static, type TProperties, Type } from 'typebox'

const strict = { additionalProperties: false }

const bootstrap = Type.String({
  minLength: 3,
  maxLength: 4_096,
  description:
    'Addresses to begin at, `host:port` separated by commas; the cluster names all others. Required, here or in the instance.',
})

const sasl = Type.Union(
  [
    Type.Object(
      {
        mechanism: Type.Union(
          [Type.Literal('PLAIN'), Type.Literal('SCRAM-SHA-256'), Type.Literal('SCRAM-SHA-512')],
          { description: 'How the password is shown; `PLAIN` sends it as it is, so it belongs under TLS.' },
        ),
        username: Type.String({ minLength: 1, maxLength: 1_024, description: 'User name.' }),
        password: Secret({ maxLength: 8_192, description: 'Password.' }),
      },
      strict,
    ),
    Type.Object(
      {
        mechanism: Type.Literal('OAUTHBEARER', { description: 'A token instead of a password.' }),
        token: Secret({ minLength: 1, maxLength: 65_536, description: 'The token; it is not renewed.' }),
      },
      strict,
    ),
  ],
  { description: 'Credentials; none when absent.' },
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
    keyPassphrase: Type.Optional(Secret({ maxLength: 1_024, description: 'Opens an encrypted `key`.' })),
    serverName: Type.Optional(
      Type.String({
        maxLength: 253,
        description: 'Name that the certificates of all brokers must be for, instead of their hosts.',
      }),
    ),
    insecureSkipVerify: Type.Boolean({
      default: false,
      description: 'Accept any certificate. Whoever sits on the way can then read and forge everything.',
    }),
  },
  {
    ...strict,
    description: 'TLS to the brokers, `{}` with the built-in authorities; plain TCP when absent.',
  },
)

/** Where the cluster is and how to get in; the same in instances, sources and sinks. */
const connection = {
  tls: Type.Optional(tls),
  sasl: Type.Optional(sasl),
  clientId: Type.String({
    default: 'millrace',
    minLength: 1,
    maxLength: 255,
    description: 'Name that brokers write into their logs and apply quotas to.',
  }),
  connectTimeoutMs: Type.Integer({
    default: 5_000,
    minimum: 100,
    maximum: 60_000,
    description:
      'Longest wait for a connection to one broker, TLS and credentials included, in milliseconds.',
  }),
  requestTimeoutMs: Type.Integer({
    default: 30_000,
    minimum: 1_000,
    maximum: 300_000,
    description:
      'A broker that has not answered for so many milliseconds counts as gone. Also the time that it grants its replicas.',
  }),
} satisfies TProperties

/** Options of an instance document. */
export const KafkaConnectionOptions = Type.Object(
  { bootstrap: Type.Optional(bootstrap), ...connection },
  strict,
)

const topic = Type.String({ minLength: 1, maxLength: 249, description: 'The topic. Required.' })

const mode = Type.Union([Type.Literal('message'), Type.Literal('cloudevents')], {
  default: 'message',
  description:
    '`message`: a record becomes the data of an event. `cloudevents`: a record that follows the CloudEvents binding of Kafka is passed on as that event; others as with `message`.',
})

/** Options of the Kafka source, as users write them. */
export const KafkaSourceOptions = Type.Object(
  {
    bootstrap,
    ...connection,
    topic,
    group: Type.String({
      minLength: 1,
      maxLength: 255,
      description:
        'Consumer group. All readers of a group share the topic, and the group remembers how far they are. Required.',
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
        description: 'Where a group begins in a partition of which it has no committed offset.',
      },
    ),
    bodyForm: Type.Union([Type.Literal('json'), Type.Literal('text'), Type.Literal('binary')], {
      default: 'json',
      description:
        'How the value of a record stands in `data.value`: `json` as it is, `text` as a string, `binary` as base64.',
    }),
    keyForm: Type.Union([Type.Literal('text'), Type.Literal('binary')], {
      default: 'text',
      description: 'How the key stands in `data.key`: as a string, or as base64.',
    }),
    mode,
    isolation: Type.Union([Type.Literal('committed'), Type.Literal('uncommitted')], {
      default: 'committed',
      description: 'Whether records of transactions that are open or were aborted are left out.',
    }),
    member: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 249,
        description:
          'Name of this reader as a static member (`group.instance.id`): a restart within the session time-out moves no partitions. For streams with one task.',
      }),
    ),
    sessionTimeoutMs: Type.Integer({
      default: 45_000,
      minimum: 1_000,
      maximum: 1_800_000,
      description:
        'A reader that is silent for so long, in milliseconds, loses its partitions to the others.',
    }),
    rebalanceTimeoutMs: Type.Integer({
      default: 60_000,
      minimum: 1_000,
      maximum: 1_800_000,
      description:
        'How long the group waits for its members when partitions are shared out anew, in milliseconds.',
    }),
    rebalanceDrainMs: Type.Integer({
      default: 3_000,
      minimum: 0,
      maximum: 60_000,
      description:
        'When partitions are shared out anew, the commits of records that were read are awaited so long, in milliseconds, to spare duplicates; at most a third of the shorter of both time-outs.',
    }),
    fetchBytesMax: Type.Integer({
      default: 4_194_304,
      minimum: 1_024,
      maximum: 104_857_600,
      description:
        'Bytes of one answer of a broker, at most; one batch of records comes even when it is larger.',
    }),
    fetchPartitionBytesMax: Type.Integer({
      default: 1_048_576,
      minimum: 1_024,
      maximum: 104_857_600,
      description: 'Bytes of one partition within an answer, at most; likewise.',
    }),
    fetchWaitMs: Type.Integer({
      default: 500,
      minimum: 0,
      maximum: 30_000,
      description: 'How long a broker holds an answer back for want of records, in milliseconds.',
    }),
    prefetchBytesMax: Type.Integer({
      default: 8_388_608,
      minimum: 1_024,
      maximum: 1_073_741_824,
      description:
        'While so many bytes lie here unread, nothing more is fetched; one answer of each broker may come on top.',
    }),
    recordBytesMax: Type.Integer({
      default: 1_048_576,
      minimum: 1,
      maximum: 104_857_600,
      description:
        'A record with a larger value is handed on as a fault (`record.too-large`), without its value.',
    }),
  },
  strict,
)
export type KafkaSourceOptions = Static<typeof KafkaSourceOptions>

/** Options of the Kafka sink, as users write them. */
export const KafkaSinkOptions = Type.Object(
  {
    bootstrap,
    ...connection,
    topic: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 249,
        description: 'The topic, unless the parameter `topic` names another.',
      }),
    ),
    mode: Type.Union([Type.Literal('body'), Type.Literal('structured'), Type.Literal('binary')], {
      default: 'body',
      description:
        '`body`: what the transform made, or the structured event when there is none. `structured`, `binary`: the event itself in that mode of the CloudEvents binding; the transform is not used.',
    }),
    acks: Type.Union([Type.Literal('all'), Type.Literal('1'), Type.Literal('0')], {
      default: 'all',
      description:
        'Who must have a record before it counts as written: all replicas in sync, their leader, or nobody (`0`: nothing is known of failures).',
    }),
    idempotent: Type.Boolean({
      default: true,
      description:
        'Number the batches, so that one that is sent again after a broken connection is not stored twice. Only with `acks` `all`.',
    }),
    compression: Type.Union(
      [
        Type.Literal('none'),
        Type.Literal('gzip'),
        Type.Literal('snappy'),
        Type.Literal('lz4'),
        Type.Literal('zstd'),
      ],
      { default: 'none', description: 'How batches are compressed.' },
    ),
    recordBytesMax: Type.Integer({
      default: 1_000_000,
      minimum: 1,
      maximum: 104_857_600,
      description:
        'A record that takes more bytes, key and headers included, is refused without asking the broker, whose own limit (`max.message.bytes`) must be above this.',
    }),
    batchBytesMax: Type.Integer({
      default: 1_000_000,
      minimum: 1_024,
      maximum: 104_857_600,
      description:
        'Bytes of one batch of a partition before compression, at most; a larger record goes alone.',
    }),
    connectionsMax: Type.Integer({
      default: 8,
      minimum: 1,
      maximum: 100,
      description:
        'Connections to one broker at once. A broker answers the requests of one connection in turn, so a slow one is waited for on its own connection.',
    }),
    bufferBytesMax: Type.Integer({
      default: 33_554_432,
      minimum: 1_024,
      maximum: 1_073_741_824,
      description:
        'While more bytes than this wait to be sent, further writes are turned away to come again.',
    }),
    attemptsMax: Type.Integer({
      default: 8,
      minimum: 1,
      maximum: 20,
      description:
        'How often a batch is sent within one write, when connections break or leaders move, before its records are failed outcomes.',
    }),
  },
  strict,
)
export type KafkaSinkOptions = Static<typeof KafkaSinkOptions>

/** What source and sink have in common: how to reach the cluster. */
export type ClusterOptions = Pick<
  KafkaSourceOptions,
  'bootstrap' | 'tls' | 'sasl' | 'clientId' | 'connectTimeoutMs' | 'requestTimeoutMs'
>
