import { Secret, tlsOptions } from '@millrace/spi'
import { type Static, Type } from 'typebox'

const strict = { additionalProperties: false }

const tls = tlsOptions({
  description: 'How certificates are checked and shown; without it, as the system does by default.',
})

const connection = {
  endpoint: Type.String({
    default: 'http://127.0.0.1:9000',
    minLength: 1,
    maxLength: 2_048,
    description:
      'Address of the service without a bucket, such as `https://s3.eu-central-1.amazonaws.com` or `https://s3.oss-cn-hangzhou.aliyuncs.com`.',
  }),
  region: Type.String({
    default: 'us-east-1',
    minLength: 1,
    maxLength: 64,
    description: 'Region that requests are signed for.',
  }),
  accessKeyId: Type.String({ default: '', maxLength: 128, description: 'Id of the access key. Required.' }),
  accessKeySecret: Secret({
    default: '',
    maxLength: 256,
    description: 'Secret of the access key. Required.',
  }),
  sessionToken: Type.Optional(Secret({ maxLength: 8_192, description: 'Token of temporary credentials.' })),
  addressing: Type.Union([Type.Literal('path'), Type.Literal('virtual-host')], {
    default: 'path',
    description:
      'Where the bucket stands in an address: in the path, as servers of one’s own want it, or before the host, as Alibaba Cloud OSS wants it.',
  }),
  tls: Type.Optional(tls),
  connectTimeoutMs: Type.Integer({
    default: 5_000,
    minimum: 1,
    maximum: 60_000,
    description: 'Longest wait for a connection, in milliseconds.',
  }),
  requestTimeoutMs: Type.Integer({
    default: 60_000,
    minimum: 100,
    maximum: 900_000,
    description:
      'Longest wait for the answer to one request, in milliseconds; for the body of an object, for each part of it.',
  }),
}

/** Where the service is and how to get in. */
export const OssConnection = Type.Object(connection, strict)
export type OssConnection = Static<typeof OssConnection>

const bucketName = { minLength: 3, maxLength: 63, pattern: '^[a-z0-9][a-z0-9.-]*$' }

const keyRule = Type.Object(
  {
    prefix: Type.String({ default: '', maxLength: 1_024, description: 'How the key begins.' }),
    suffix: Type.String({ default: '', maxLength: 1_024, description: 'How the key ends.' }),
    exclude: Type.Boolean({ default: false, description: 'Leave such objects out, instead of taking them.' }),
  },
  { ...strict, description: 'One rule.' },
)

const start = Type.Union(
  [
    Type.Literal('earliest', { description: 'All objects that are there.' }),
    Type.Literal('latest', { description: 'What comes from now on.' }),
    Type.Object({ time: Type.String({ format: 'date-time', description: 'RFC 3339.' }) }, strict),
  ],
  { default: 'latest', description: 'With `list`: where to begin when nothing was read before.' },
)

/** Options of the source, as users write them. */
export const OssSourceOptions = Type.Object(
  {
    ...connection,
    mode: Type.Union([Type.Literal('webhook'), Type.Literal('list')], {
      default: 'webhook',
      description:
        'How new objects are learnt of: the server posts its notifications to the address of the stream, or the stream looks for them.',
    }),
    bucket: Type.Optional(
      Type.String({
        ...bucketName,
        description:
          'Bucket; notifications of others are passed over. Needed for `list`, and for `content` other than `none`.',
      }),
    ),
    prefix: Type.String({ default: '', maxLength: 1_024, description: 'How keys of objects must begin.' }),
    keyRules: Type.Array(keyRule, {
      default: [],
      maxItems: 50,
      description:
        'Further rules for keys. One that excludes wins; where some include, one of them must fit. All keys, when the list is empty.',
    }),
    types: Type.Array(
      Type.String({
        minLength: 1,
        maxLength: 128,
        description: 'A type of events; `*` at the end stands for any ending.',
      }),
      {
        default: ['oss:ObjectCreated:*'],
        minItems: 1,
        maxItems: 50,
        description: 'Types of events that are taken, as they are after the translation.',
      },
    ),
    content: Type.Union([Type.Literal('none'), Type.Literal('single'), Type.Literal('element')], {
      default: 'none',
      description:
        'What of a new object is read: nothing, its whole content as one event, or one event for each of its elements.',
    }),
    bodyForm: Type.Union([Type.Literal('json'), Type.Literal('text'), Type.Literal('binary')], {
      default: 'text',
      description:
        'How content stands in `data.body`: its JSON, a text, or base64. Content that is not so is a faulty record.',
    }),
    delimiter: Type.String({
      default: '\n',
      minLength: 1,
      maxLength: 16,
      description:
        'What stands between elements; a carriage return before a line feed goes with it. Empty elements are passed over.',
    }),
    decompress: Type.Boolean({
      default: true,
      description: 'Undo gzip where the object says so by its content encoding, or its key by `.gz`.',
    }),
    contentBytesMax: Type.Integer({
      default: 1_048_576,
      minimum: 1,
      maximum: 16_777_216,
      description:
        'Longest content of an event in bytes, decompressed; more is a faulty record (`record.too-large`).',
    }),
    token: Type.Optional(
      Secret({
        minLength: 16,
        maxLength: 512,
        description:
          'With `webhook`: what the query parameter `token`, or the header `Authorization`, must be. Without it everybody may notify.',
      }),
    ),
    keysEscaped: Type.Boolean({
      default: true,
      description:
        'With `webhook`: keys come escaped as in forms, which S3 and MinIO do. Some servers, such as the Versity S3 Gateway, send them as they are.',
    }),
    bodyBytesMax: Type.Integer({
      default: 1_048_576,
      minimum: 1_024,
      maximum: 16_777_216,
      description: 'With `webhook`: longest notification in bytes; a longer one is answered 413.',
    }),
    waitingMax: Type.Integer({
      default: 1_000,
      minimum: 1,
      maximum: 10_000,
      description:
        'With `webhook`: objects that wait at most; further notifications are answered 503 and may come again.',
    }),
    answerTimeoutMs: Type.Integer({
      default: 60_000,
      minimum: 100,
      maximum: 900_000,
      description:
        'With `webhook`: how long a notification waits until its records are written, in milliseconds. Then it is answered 504, and may come again.',
    }),
    order: Type.Union([Type.Literal('time'), Type.Literal('key')], {
      default: 'time',
      description:
        'With `list`: by when objects were written last, which reads the whole listing each time, or by key, for keys that only ever grow.',
    }),
    start,
    pollMs: Type.Integer({
      default: 10_000,
      minimum: 50,
      maximum: 3_600_000,
      description: 'With `list`: pause before looking again when nothing was there, in milliseconds.',
    }),
    settleMs: Type.Integer({
      default: 5_000,
      minimum: 0,
      maximum: 3_600_000,
      description:
        'With `list` by time: how old an object must be, in milliseconds. Listings may have whole seconds, and an object may show after one that is younger.',
    }),
  },
  strict,
)
export type OssSourceOptions = Static<typeof OssSourceOptions>

/** Options of the sink, as users write them. */
export const OssSinkOptions = Type.Object(
  {
    ...connection,
    bucket: Type.String({ ...bucketName, description: 'Bucket to write to; it must be there. Required.' }),
    format: Type.Union([Type.Literal('json-lines'), Type.Literal('raw')], {
      default: 'json-lines',
      description:
        'Records that were written together as lines of one object, or the body of each record as an object of its own.',
    }),
    compression: Type.Union([Type.Literal('none'), Type.Literal('gzip')], {
      default: 'none',
      description: 'How objects are compressed.',
    }),
    pathFormat: Type.String({
      default: '{yyyy}/{MM}/{dd}/{HH}',
      maxLength: 512,
      description:
        'What keys begin with. Between braces stand `yyyy`, `MM`, `dd`, `HH` and `mm`, also several such as `{yyyy-MM-dd}`, and `{type}` and `{source}` of the event.',
    }),
    timeZone: Type.String({
      default: 'UTC',
      maxLength: 64,
      description: 'IANA name of the time zone that the path is made in.',
    }),
    partitionBy: Type.Union([Type.Literal('event'), Type.Literal('write')], {
      default: 'event',
      description:
        'Whose time makes the path: the event’s, which a repeated write finds again, or that of writing.',
    }),
    objectBytesMax: Type.Integer({
      default: 67_108_864,
      minimum: 1_024,
      maximum: 268_435_456,
      description:
        'Bytes of one object before compression; records that were written together become several objects above it.',
    }),
    requestsMax: Type.Integer({
      default: 4,
      minimum: 1,
      maximum: 64,
      description: 'Objects under way at once.',
    }),
  },
  strict,
)
export type OssSinkOptions = Static<typeof OssSinkOptions>
