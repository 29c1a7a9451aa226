import { Secret, tlsOptions } from '@millrace/spi'
import { type Static, Type } from 'typebox'

const strict = { additionalProperties: false }

/** Named texts that may hold secrets. */
const texts = (description: string) =>
  Type.Record(Type.String({ maxLength: 256 }), Secret({ maxLength: 4_096 }), {
    default: {},
    maxProperties: 32,
    description,
  })

const oauth = Type.Object(
  {
    type: Type.Literal('oauth2', {
      description: '`Authorization: Bearer …` with a token that client credentials are exchanged for.',
    }),
    tokenUrl: Type.String({
      minLength: 1,
      maxLength: 2_048,
      description:
        'Where tokens are issued: `http:` or `https:`. Addresses are guarded as those of targets are.',
    }),
    method: Type.Union(
      [
        Type.Literal('POST'),
        Type.Literal('GET'),
        Type.Literal('PUT'),
        Type.Literal('PATCH'),
        Type.Literal('DELETE'),
        Type.Literal('HEAD'),
      ],
      { default: 'POST', description: 'Method of the request for a token.' },
    ),
    clientId: Type.String({ minLength: 1, maxLength: 1_024, description: 'Id of the client.' }),
    clientSecret: Secret({ minLength: 1, maxLength: 4_096, description: 'Secret of the client.' }),
    clientIn: Type.Union([Type.Literal('body'), Type.Literal('query'), Type.Literal('basic')], {
      default: 'body',
      description: 'Where id and secret go: form fields, the query, or a header of basic authentication.',
    }),
    query: texts('Further parameters of the query.'),
    headers: texts('Further headers.'),
    body: texts('Form fields of the body, such as `grant_type` and `scope`.'),
  },
  strict,
)
export type OAuthOptions = Static<typeof oauth>

const auth = Type.Union(
  [
    Type.Object(
      {
        type: Type.Literal('bearer', { description: '`Authorization: Bearer …`.' }),
        token: Secret({ minLength: 1, maxLength: 8_192, description: 'The token.' }),
      },
      strict,
    ),
    Type.Object(
      {
        type: Type.Literal('basic', { description: '`Authorization: Basic …`.' }),
        username: Type.String({
          maxLength: 1_024,
          pattern: '^[^:]*$',
          description: 'User name, without a colon.',
        }),
        password: Secret({ maxLength: 8_192, description: 'The password.' }),
      },
      strict,
    ),
    Type.Object(
      {
        type: Type.Literal('apiKey', { description: 'A key in a header of its own.' }),
        header: Type.String({
          minLength: 1,
          maxLength: 256,
          description: 'Name of the header, such as `x-api-key`.',
        }),
        value: Secret({ minLength: 1, maxLength: 8_192, description: 'The key.' }),
      },
      strict,
    ),
    oauth,
  ],
  { description: 'Credentials. They win over `headers` and parameters, and never go to another origin.' },
)

const tls = tlsOptions({
  description: 'How certificates are checked and shown, for `https:` targets.',
  serverName: 'Name that the certificate must be for, when it is not the host of the URL.',
})

/** What an instance says: credentials that several targets share, and perhaps the address itself. */
export const HttpConnection = Type.Object(
  {
    url: Type.Optional(Type.String({ minLength: 1, maxLength: 2_048, description: 'Where to send.' })),
    method: Type.Optional(Type.String({ maxLength: 16, description: 'Request method.' })),
    headers: Type.Optional(
      Type.Record(Type.String({ maxLength: 256 }), Type.String({ maxLength: 8_192 }), {
        maxProperties: 64,
        description: 'Headers of every request.',
      }),
    ),
    auth: Type.Optional(auth),
    tls: Type.Optional(tls),
  },
  strict,
)

/** Options of the HTTP sink, as users write them. */
export const HttpSinkOptions = Type.Object(
  {
    url: Type.String({
      minLength: 1,
      maxLength: 2_048,
      description: 'Where to send: `http:` or `https:`, without user name, password and fragment. Required.',
    }),
    method: Type.Union(
      [
        Type.Literal('POST'),
        Type.Literal('PUT'),
        Type.Literal('PATCH'),
        Type.Literal('DELETE'),
        Type.Literal('GET'),
        Type.Literal('HEAD'),
      ],
      { default: 'POST', description: 'Request method; GET and HEAD carry no body.' },
    ),
    mode: Type.Union([Type.Literal('body'), Type.Literal('structured'), Type.Literal('binary')], {
      default: 'body',
      description:
        '`body`: what the transform made, or the structured event when there is none. `structured`, `binary`: the event itself in that mode of the CloudEvents HTTP binding; the transform is not used.',
    }),
    headers: Type.Record(Type.String({ maxLength: 256 }), Type.String({ maxLength: 8_192 }), {
      default: {},
      maxProperties: 64,
      description: 'Headers of every request.',
    }),
    auth: Type.Optional(auth),
    connectTimeoutMs: Type.Integer({
      default: 5_000,
      minimum: 1,
      maximum: 60_000,
      description:
        'Longest wait for a connection, TLS included, in milliseconds. The time-out of the target limits the whole attempt.',
    }),
    connectionsMax: Type.Integer({
      default: 64,
      minimum: 1,
      maximum: 1_000,
      description: 'Connections at once; one request at a time goes over each, others wait.',
    }),
    idleTimeoutMs: Type.Integer({
      default: 4_000,
      minimum: 1,
      maximum: 600_000,
      description:
        'An unused connection is closed after so many milliseconds, or earlier when the target says so.',
    }),
    redirectsMax: Type.Integer({
      default: 0,
      minimum: 0,
      maximum: 10,
      description:
        'Redirects to follow; each is checked like the URL itself. 303 is followed with GET and without the body, the others repeat the request.',
    }),
    retryAfterMsMax: Type.Integer({
      default: 3_600_000,
      minimum: 0,
      maximum: 86_400_000,
      description: 'Longest pause that a `Retry-After` of the target is granted, in milliseconds.',
    }),
    responseBytesMax: Type.Integer({
      default: 65_536,
      minimum: 0,
      maximum: 16_777_216,
      description:
        'Bytes of an answer that are read (and thrown away) to keep the connection; a longer one closes it.',
    }),
    tls: Type.Optional(tls),
  },
  { additionalProperties: false },
)
export type HttpSinkOptions = Static<typeof HttpSinkOptions>
