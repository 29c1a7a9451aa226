import { Secret, tlsOptions } from '@millrace/spi'
import { type Static, Type } from 'typebox'

const addresses = (description: string) => Type.Optional(Type.String({ maxLength: 8_192, description }))

const connection = {
  host: Type.String({
    default: '127.0.0.1',
    minLength: 1,
    maxLength: 253,
    description: 'Mail server that takes messages in.',
  }),
  port: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 65_535,
      description: 'Its port; 465 with `implicitTls` and 587 otherwise when absent.',
    }),
  ),
  implicitTls: Type.Boolean({
    default: false,
    description: 'Speak TLS from the first byte on, instead of `starttls`.',
  }),
  starttls: Type.Union([Type.Literal('required'), Type.Literal('optional'), Type.Literal('none')], {
    default: 'required',
    description:
      'Change to TLS before anything is said: `required`, or nothing is sent; `optional`, where the server offers it, which whoever sits on the way can hinder; `none`.',
  }),
  tls: Type.Optional(tlsOptions({ description: 'How certificates are checked and shown.' })),
  username: Type.Optional(Type.String({ maxLength: 1_024, description: 'User; nobody when absent.' })),
  password: Type.Optional(
    Secret({ maxLength: 4_096, description: 'Password of the user. Goes with TLS that is certain.' }),
  ),
  connectTimeoutMs: Type.Integer({
    default: 10_000,
    minimum: 1,
    maximum: 120_000,
    description: 'Longest wait for a connection and for its greeting, in milliseconds.',
  }),
}

/** Where the server is and how to get in. */
export const MailConnection = Type.Object(connection, { additionalProperties: false })
export type MailConnection = Static<typeof MailConnection>

/** Options of the sink, as users write them. */
export const MailSinkOptions = Type.Object(
  {
    ...connection,
    from: addresses('Sender, as `a@example.com` or `Shop <a@example.com>`; the parameter `from` wins.'),
    to: addresses('Recipients, separated by commas; the parameter `to` wins.'),
    cc: addresses('Recipients of a copy; the parameter `cc` wins.'),
    bcc: addresses('Recipients whom the others do not see; the parameter `bcc` wins.'),
    replyTo: addresses('Where answers go; the parameter `replyTo` wins.'),
    subject: Type.String({
      default: 'Event',
      maxLength: 998,
      description: 'Subject; the parameter `subject` wins.',
    }),
    bodyType: Type.Union([Type.Literal('text'), Type.Literal('html')], {
      default: 'text',
      description: 'What the body is.',
    }),
    messageBytesMax: Type.Integer({
      default: 1_048_576,
      minimum: 1_024,
      maximum: 52_428_800,
      description: 'Bytes of a message at most, head and all; larger ones are refused.',
    }),
    recipientsMax: Type.Integer({
      default: 50,
      minimum: 1,
      maximum: 1_000,
      description: 'Recipients of one message at most.',
    }),
    ratePerMinute: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 6_000,
        description: 'Messages that are sent within any minute at most; others wait. No limit when absent.',
      }),
    ),
    connectionsMax: Type.Integer({
      default: 4,
      minimum: 1,
      maximum: 100,
      description: 'Connections at most, each for one message at a time; others wait for their turn.',
    }),
    idleTimeoutMs: Type.Integer({
      default: 10_000,
      minimum: 1,
      maximum: 300_000,
      description: 'A connection that is not used for so long is closed, in milliseconds.',
    }),
  },
  { additionalProperties: false },
)
export type MailSinkOptions = Static<typeof MailSinkOptions>
