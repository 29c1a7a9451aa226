import { Secret } from '@millrace/spi'
import { type Static, Type } from 'typebox'

const strict = { additionalProperties: false }

const connection = {
  endpoint: Type.String({
    default: 'http://127.0.0.1:8400',
    minLength: 1,
    maxLength: 2_048,
    description: 'Address of the service, such as `https://1000000000000001.mns.cn-hangzhou.aliyuncs.com`.',
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
export const MnsConnection = Type.Object(connection, strict)
export type MnsConnection = Static<typeof MnsConnection>

const Name = { minLength: 1, maxLength: 256, pattern: '^[A-Za-z0-9][A-Za-z0-9-]*$' }

/** Options of the source, as users write them. */
export const MnsSourceOptions = Type.Object(
  {
    ...connection,
    queue: Type.String({ ...Name, description: 'Queue to read from; it must be there. Required.' }),
    base64Decode: Type.Boolean({
      default: true,
      description:
        'Undo the Base64 that clients put around bodies. A body that is not Base64 stays as it is.',
    }),
    bodyForm: Type.Union([Type.Literal('json'), Type.Literal('text'), Type.Literal('binary')], {
      default: 'text',
      description:
        'How the body stands in `data.messageBody`: its JSON, a text, or base64. A body that is not so is a faulty record.',
    }),
    waitSeconds: Type.Integer({
      default: 10,
      minimum: 0,
      maximum: 30,
      description: 'How long one request waits for a message, in seconds.',
    }),
    visibilitySeconds: Type.Integer({
      default: 60,
      minimum: 10,
      maximum: 43_200,
      description:
        'For how long held messages are kept from other readers, each time that it is prolonged, in seconds.',
    }),
  },
  strict,
)
export type MnsSourceOptions = Static<typeof MnsSourceOptions>

/** Options of the sink, as users write them. */
export const MnsSinkOptions = Type.Object(
  {
    ...connection,
    queue: Type.Optional(Type.String({ ...Name, description: 'Queue to send to; or else `topic`.' })),
    topic: Type.Optional(Type.String({ ...Name, description: 'Topic to publish to; or else `queue`.' })),
    base64Encode: Type.Boolean({
      default: false,
      description: 'Send bodies as Base64. XML cannot carry every character, so binary bodies need it.',
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
export type MnsSinkOptions = Static<typeof MnsSinkOptions>
