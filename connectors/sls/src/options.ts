import { Secret } from '@millrace/spi'
import { type Static, Type } from 'typebox'

const strict = { additionalProperties: false }

const connection = {
  endpoint: Type.String({
    default: 'http://127.0.0.1:8400',
    minLength: 1,
    maxLength: 2_048,
    description:
      'Address of the service without a project, such as `https://cn-hangzhou.log.aliyuncs.com`, or of this program.',
  }),
  accessKeyId: Type.String({ default: '', maxLength: 128, description: 'Id of the access key. Required.' }),
  accessKeySecret: Secret({
    default: '',
    maxLength: 256,
    description: 'Secret of the access key. Required.',
  }),
  securityToken: Type.Optional(Secret({ maxLength: 8_192, description: 'Token of temporary credentials.' })),
  ca: Type.Optional(
    Type.String({
      maxLength: 262_144,
      description: 'PEM certificates to trust instead of the built-in authorities.',
    }),
  ),
  connectTimeoutMs: Type.Integer({
    default: 5_000,
    minimum: 1,
    maximum: 60_000,
    description: 'Longest wait for a connection, in milliseconds.',
  }),
}

/** Where the service is and how to get in. */
export const SlsConnection = Type.Object(connection, strict)
export type SlsConnection = Static<typeof SlsConnection>

const place = {
  project: Type.String({
    minLength: 1,
    maxLength: 63,
    pattern: '^[a-z0-9-]+$',
    description: 'Project of the log store. Required.',
  }),
  logstore: Type.String({
    minLength: 1,
    maxLength: 63,
    pattern: '^[a-z0-9_-]+$',
    description: 'Log store; it must be there. Required.',
  }),
}

/** Options of the source, as users write them. */
export const SlsSourceOptions = Type.Object(
  {
    ...connection,
    ...place,
    start: Type.Union(
      [
        Type.Literal('earliest'),
        Type.Literal('latest'),
        Type.Object(
          {
            time: Type.String({
              maxLength: 40,
              description: 'Begin with what the service took in at or after this time (RFC 3339).',
            }),
          },
          strict,
        ),
      ],
      {
        default: 'latest',
        description: 'Where a stream begins that has not read this log store before.',
      },
    ),
    groupsMax: Type.Integer({
      default: 100,
      minimum: 1,
      maximum: 1_000,
      description: 'Groups of logs that are asked for at once, and so at most held besides what was read.',
    }),
    pollEveryMs: Type.Integer({
      default: 1_000,
      minimum: 10,
      maximum: 60_000,
      description: 'Pause before all shards are asked again once there was nothing new, in milliseconds.',
    }),
  },
  strict,
)
export type SlsSourceOptions = Static<typeof SlsSourceOptions>

/** Options of the sink, as users write them. */
export const SlsSinkOptions = Type.Object(
  {
    ...connection,
    ...place,
    topic: Type.Optional(
      Type.String({
        maxLength: 128,
        description: 'Topic of the logs (`__topic__`), unless a record has its own.',
      }),
    ),
    source: Type.Optional(
      Type.String({
        maxLength: 128,
        description: 'Source of the logs (`__source__`), unless a record has its own.',
      }),
    ),
    contentType: Type.Union([Type.Literal('json'), Type.Literal('keyValue')], {
      default: 'json',
      description:
        'What a log has: the whole body as one field `content`, or a field for each parameter `columns.<name>`, or else for each member of the body.',
    }),
    compression: Type.Union([Type.Literal('none'), Type.Literal('deflate')], {
      default: 'deflate',
      description: 'How groups are compressed on their way.',
    }),
    requestsMax: Type.Integer({
      default: 8,
      minimum: 1,
      maximum: 256,
      description: 'Requests under way at once.',
    }),
  },
  strict,
)
export type SlsSinkOptions = Static<typeof SlsSinkOptions>
