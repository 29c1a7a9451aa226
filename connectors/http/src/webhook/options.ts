import { Secret } from '@millrace/spi'
import { type Static, Type } from 'typebox'

const strict = { additionalProperties: false }

const secrets = Type.Array(Secret({ minLength: 1, maxLength: 1_024, description: 'One secret.' }), {
  minItems: 1,
  maxItems: 5,
  description: 'Secrets shared with the sender; one of them must fit, so that they can be changed in turn.',
})

const toleranceSeconds = Type.Integer({
  default: 300,
  minimum: 1,
  maximum: 86_400,
  description: 'How old, or how far ahead, the time in a signature may be, in seconds.',
})

const signature = Type.Union(
  [
    Type.Object(
      { type: Type.Literal('github', { description: '`X-Hub-Signature-256` over the body.' }), secrets },
      strict,
    ),
    Type.Object(
      {
        type: Type.Literal('stripe', { description: '`Stripe-Signature` over time and body.' }),
        secrets,
        toleranceSeconds,
      },
      strict,
    ),
    Type.Object(
      {
        type: Type.Literal('standard-webhooks', {
          description: '`webhook-signature` over id, time and body; secrets begin with `whsec_`.',
        }),
        secrets,
        toleranceSeconds,
      },
      strict,
    ),
  ],
  { description: 'How requests are signed. A request that is not signed so is refused.' },
)

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const

/** Options of the webhook source, as users write them. */
export const WebhookSourceOptions = Type.Object(
  {
    methods: Type.Array(Type.Union(methods.map(method => Type.Literal(method))), {
      default: ['POST'],
      minItems: 1,
      maxItems: methods.length,
      description: 'Methods that are taken; others are answered 405.',
    }),
    token: Type.Optional(
      Secret({
        minLength: 16,
        maxLength: 512,
        description: 'What the query parameter `token` must be. It is not a part of the event.',
      }),
    ),
    signature: Type.Optional(signature),
    addresses: Type.Array(
      Type.String({ minLength: 1, maxLength: 64, description: 'An address or a block.' }),
      {
        default: [],
        maxItems: 100,
        description: 'IP addresses and CIDR blocks that may call; everybody, when the list is empty.',
      },
    ),
    addressHeader: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 128,
        description:
          'Header in which a proxy in front of the server says who called, such as `x-real-ip`. Only for servers that nobody reaches past the proxy.',
      }),
    ),
    referers: Type.Array(Type.String({ minLength: 1, maxLength: 256, description: 'A whole `Referer`.' }), {
      default: [],
      maxItems: 5,
      description: 'Values of `Referer` that are taken; all, when the list is empty.',
    }),
    bodyBytesMax: Type.Integer({
      default: 1_048_576,
      minimum: 0,
      maximum: 16_777_216,
      description: 'Longest body in bytes; a longer one is answered 413.',
    }),
    waitingMax: Type.Integer({
      default: 256,
      minimum: 1,
      maximum: 10_000,
      description: 'Requests that wait for their answer at most; others are answered 503 and may come again.',
    }),
    answerTimeoutMs: Type.Integer({
      default: 30_000,
      minimum: 100,
      maximum: 900_000,
      description:
        'How long a request waits until its record is written, in milliseconds. Then it is answered 504, and may come again.',
    }),
  },
  strict,
)
export type WebhookSourceOptions = Static<typeof WebhookSourceOptions>
export type WebhookSignature = Static<typeof signature>
