import type { ServerResponse } from 'node:http'
import { AppError, retryNever } from '@millrace/spi'
import { type Static, Type } from 'typebox'
import {
  defaultQueueLimits,
  delayMsMost,
  type Message,
  type NewMessage,
  priorityMax,
  type SendOutcome,
  visibilityMsMax,
  visibilityMsMin,
  waitMsMax,
} from '../../queues/index.ts'
import type { Application } from '../application.ts'
import type { HttpLimits } from '../limits.ts'
import type { Services } from '../services.ts'
import { needs } from '../access.ts'
import { operation } from './operation.ts'
import { NamedParams } from './resource-schemas.ts'

const tag = 'queues'
const { batchMax } = defaultQueueLimits
const strict = { additionalProperties: false }

const Property = Type.Object(
  {
    name: Type.String({ maxLength: 256 }),
    value: Type.String({ maxLength: 4_096 }),
    type: Type.Union(
      [Type.Literal('STRING'), Type.Literal('NUMBER'), Type.Literal('BOOLEAN'), Type.Literal('BINARY')],
      { default: 'STRING' },
    ),
  },
  strict,
)

const body = Type.Optional(Type.String({ description: 'As text; either this or `bodyBase64`.' }))
const bodyBase64 = Type.Optional(
  Type.String({ contentEncoding: 'base64', description: 'As bytes; given back so when it is no UTF-8.' }),
)

const SendBody = Type.Object(
  {
    messages: Type.Array(
      Type.Object(
        {
          body,
          bodyBase64,
          priority: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: priorityMax,
              description: '1 is handed out first; 8 if absent.',
            }),
          ),
          delayMs: Type.Optional(
            Type.Integer({ minimum: 0, maximum: delayMsMost, description: 'That of the queue if absent.' }),
          ),
          properties: Type.Optional(Type.Array(Property, { maxItems: 50 })),
        },
        strict,
      ),
      { minItems: 1, maxItems: batchMax },
    ),
  },
  strict,
)

const Outcome = Type.Object({
  status: Type.Union([Type.Literal('sent'), Type.Literal('refused')]),
  id: Type.Optional(Type.String()),
  handle: Type.Optional(
    Type.String({ description: 'Of a message that is put off: deletes it, or changes its time.' }),
  ),
  code: Type.Optional(Type.String({ description: 'Why it was refused.' })),
  detail: Type.Optional(Type.String()),
})

const messageMembers = {
  id: Type.String(),
  body,
  bodyBase64,
  priority: Type.Integer(),
  enqueuedAtMs: Type.Integer(),
  firstReceivedAtMs: Type.Integer({ description: 'That of sending before the first receive.' }),
  receives: Type.Integer(),
  properties: Type.Array(Property),
}
const SeenMessage = Type.Object(messageMembers)
const ReceivedMessage = Type.Object({
  ...messageMembers,
  handle: Type.String({ description: 'Deletes the message, or changes how long it stays hidden.' }),
  visibleAtMs: Type.Integer({ description: 'When others can receive it again.' }),
})

const ReceiveBody = Type.Object(
  {
    count: Type.Integer({ default: 1, minimum: 1, maximum: batchMax, description: 'Messages at most.' }),
    waitMs: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: waitMsMax,
        description: 'How long to wait for the first; that of the queue if absent.',
      }),
    ),
  },
  strict,
)

const handle = Type.String({ minLength: 1, maxLength: 128 })
const DeleteBody = Type.Object({ handles: Type.Array(handle, { minItems: 1, maxItems: batchMax }) }, strict)
const VisibilityBody = Type.Object(
  {
    handle,
    visibilityMs: Type.Integer({
      minimum: visibilityMsMin,
      maximum: visibilityMsMax,
      description: 'From now on.',
    }),
  },
  strict,
)
const PeekQuery = Type.Object(
  { count: Type.Integer({ default: 10, minimum: 1, maximum: batchMax, description: 'Messages at most.' }) },
  strict,
)

/** `/queues/{name}/messages`: send, receive, delete and look. */
export function queueMessageRoutes(
  app: Application,
  { queues }: Services,
  limits: HttpLimits,
  closing: AbortSignal,
): void {
  const bodyLimit = limits.publishBytesMax

  app.post('/queues/:name/messages', { schema: sendMessages, bodyLimit }, async request => {
    const { messages } = request.body
    const outcomes = await queues.send(
      request.principal.account,
      request.params.name,
      messages.map(newMessage),
    )
    return { outcomes: outcomes.map(outcomeView) }
  })

  app.post('/queues/:name/receive', { schema: receiveMessages }, async (request, reply) => {
    const { account } = request.principal
    const { count, waitMs } = request.body
    const options = { count, ...(waitMs === undefined ? {} : { waitMs }) }
    const messages = await whileThere(reply.raw, closing, signal =>
      queues.receive(account, request.params.name, options, signal),
    )
    return {
      messages: messages.map(message => {
        const { handle, visibleAtMs } = message
        return { ...messageView(message), handle, visibleAtMs }
      }),
    }
  })

  app.get('/queues/:name/messages', { schema: peekMessages }, async request => {
    const seen = await queues.peek(request.principal.account, request.params.name, request.query.count)
    return { messages: seen.map(messageView) }
  })

  app.post('/queues/:name/delete', { schema: deleteMessages }, async request => {
    const { handles } = request.body
    const failures = await queues.delete(request.principal.account, request.params.name, handles)
    return {
      failures: failures.flatMap((failure, index) =>
        failure === undefined ? [] : { index, code: failure.code, detail: failure.message },
      ),
    }
  })

  app.post('/queues/:name/visibility', { schema: changeVisibility }, request => {
    const { handle, visibilityMs } = request.body
    return queues.changeVisibility(request.principal.account, request.params.name, handle, visibilityMs)
  })
}

type GivenMessage = Static<typeof SendBody>['messages'][number]

/** A body as text or as bytes, of which there must be one. */
export function bodyOf({ body, bodyBase64 }: Pick<GivenMessage, 'body' | 'bodyBase64'>): Uint8Array {
  if ((body === undefined) === (bodyBase64 === undefined)) {
    throw new AppError('queue.message-invalid', 'a message has either body or bodyBase64', retryNever)
  }
  return body === undefined ? Buffer.from(bodyBase64 ?? '', 'base64') : Buffer.from(body)
}

function newMessage({ priority, delayMs, properties, ...given }: GivenMessage): NewMessage {
  return {
    body: bodyOf(given),
    ...(priority === undefined ? {} : { priority }),
    ...(delayMs === undefined ? {} : { delayMs }),
    ...(properties === undefined || properties.length === 0 ? {} : { properties: { user: properties } }),
  }
}

function outcomeView(outcome: SendOutcome): Static<typeof Outcome> {
  if (outcome.status === 'refused') {
    return { status: 'refused', code: outcome.error.code, detail: outcome.error.message }
  }
  const { id, handle } = outcome.message
  return { status: 'sent', id, ...(handle === undefined ? {} : { handle }) }
}

function messageView(message: Message): Static<typeof SeenMessage> {
  const { id, priority, enqueuedAtMs, firstReceivedAtMs, receives, properties } = message
  const { user = [], system = [] } = properties
  const times = { enqueuedAtMs, firstReceivedAtMs }
  return { id, ...bodyView(message.body), priority, ...times, receives, properties: [...user, ...system] }
}

/** Bytes that are no text would be lost in it. */
function bodyView(bytes: Uint8Array): { body: string } | { bodyBase64: string } {
  try {
    return { body: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) }
  } catch {
    return { bodyBase64: Buffer.from(bytes).toString('base64') }
  }
}

/** Runs something that waits as long as the client is there; when the server closes, it has found nothing. */
async function whileThere<Item>(
  response: ServerResponse,
  closing: AbortSignal,
  run: (signal: AbortSignal) => Promise<readonly Item[]>,
): Promise<readonly Item[]> {
  const left = new AbortController()
  const onClose = (): void => left.abort(new Error('the client has left'))
  response.once('close', onClose)
  try {
    return await run(AbortSignal.any([left.signal, closing]))
  } catch (thrown) {
    if (closing.aborted && thrown === closing.reason) return []
    throw thrown
  } finally {
    response.off('close', onClose)
  }
}

const queueRefusals = { 404: ['queue.not-found'], 503: ['queue.busy'] }

const sendMessages = operation({
  id: 'sendMessages',
  access: needs('mns:SendMessage', '/queues/:name/messages'),
  tag,
  summary: 'Sends messages to a queue; those accepted are durable.',
  params: NamedParams,
  body: SendBody,
  answers: {
    200: {
      description: 'What became of each, in order.',
      schema: Type.Object({ outcomes: Type.Array(Outcome) }),
    },
  },
  refusals: {
    ...queueRefusals,
    400: ['queue.message-invalid'],
    413: ['http.body-too-large'],
    429: ['queue.full'],
    507: ['storage.full'],
  },
})

const receiveMessages = operation({
  id: 'receiveMessages',
  access: needs('mns:ReceiveMessage', '/queues/:name/messages'),
  tag,
  summary: 'Receives messages, waiting for the first if there is none.',
  description:
    'They are hidden from others for the visibility time-out of the queue, and come back unless deleted.',
  params: NamedParams,
  body: ReceiveBody,
  answers: {
    200: {
      description: 'None when the time was over.',
      schema: Type.Object({ messages: Type.Array(ReceivedMessage) }),
    },
  },
  refusals: queueRefusals,
})

const peekMessages = operation({
  id: 'peekMessages',
  access: needs('mns:PeekMessage', '/queues/:name/messages'),
  tag,
  summary: 'Shows messages that could be received now, without receiving them.',
  params: NamedParams,
  query: PeekQuery,
  answers: {
    200: { description: 'As they are.', schema: Type.Object({ messages: Type.Array(SeenMessage) }) },
  },
  refusals: queueRefusals,
})

const deleteMessages = operation({
  id: 'deleteMessages',
  access: needs('mns:DeleteMessage', '/queues/:name/messages'),
  tag,
  summary: 'Deletes messages by their receipt handles.',
  params: NamedParams,
  body: DeleteBody,
  answers: {
    200: {
      description: 'Those that were not deleted, by their place in the request.',
      schema: Type.Object({
        failures: Type.Array(
          Type.Object({ index: Type.Integer(), code: Type.String(), detail: Type.String() }),
        ),
      }),
    },
  },
  refusals: queueRefusals,
})

const changeVisibility = operation({
  id: 'changeMessageVisibility',
  access: needs('mns:ChangeMessageVisibility', '/queues/:name/messages'),
  tag,
  summary: 'Changes how long a received message stays hidden.',
  params: NamedParams,
  body: VisibilityBody,
  answers: {
    200: {
      description: 'The handle that counts from now on.',
      schema: Type.Object({ handle: Type.String(), visibleAtMs: Type.Integer() }),
    },
  },
  refusals: {
    400: ['queue.handle-invalid'],
    404: ['queue.not-found', 'queue.message-not-found'],
    503: ['queue.busy'],
  },
})
