import { Secret, tlsOptions } from '@millrace/spi'
import { type Static, Type } from 'typebox'

/** Which robot, and how to get in: the whole address is as good as a password. */
const connection = {
  service: Type.Union(
    [Type.Literal('dingtalk'), Type.Literal('feishu'), Type.Literal('wecom'), Type.Literal('slack')],
    { description: 'Chat service that the robot belongs to. Required.' },
  ),
  url: Secret({
    minLength: 1,
    maxLength: 2_048,
    description: 'Webhook of the robot, as the service shows it, with its token or key. Required.',
  }),
  secret: Type.Optional(
    Secret({
      minLength: 1,
      maxLength: 1_024,
      description: 'What requests are signed with, where the robot asks for it; for DingTalk and Feishu.',
    }),
  ),
  tls: Type.Optional(
    tlsOptions({ description: 'How certificates are checked, for proxies with authorities of their own.' }),
  ),
}

/** Options of the sink, as users write them. */
export const ChatSinkOptions = Type.Object(
  {
    ...connection,
    ratePerMinute: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 6_000,
        description:
          'Messages that are sent within any minute at most; others wait. What the service documents when absent: 20 for DingTalk and WeCom, 100 for Feishu, 60 for Slack.',
      }),
    ),
    connectTimeoutMs: Type.Integer({
      default: 5_000,
      minimum: 1,
      maximum: 60_000,
      description: 'Longest wait for a connection, in milliseconds.',
    }),
    connectionsMax: Type.Integer({
      default: 4,
      minimum: 1,
      maximum: 256,
      description: 'Connections at most, each for one message at a time; others wait for their turn.',
    }),
  },
  { additionalProperties: false },
)
export type ChatSinkOptions = Static<typeof ChatSinkOptions>

/** For an instance: the same options, none of them required. */
export const ChatConnection = Type.Object(
  {
    service: Type.Optional(connection.service),
    url: Type.Optional(connection.url),
    secret: connection.secret,
    tls: connection.tls,
  },
  { additionalProperties: false },
)
