import { messageBytesMost } from './queue-attributes.ts'
import type { NewMessage, SendOutcome } from '../../queues/index.ts'
import type { Answer, Call, MnsContext, Operation } from './call.ts'
import { readMessage } from './message-xml.ts'
import { checkRoot, nameOf } from './queues.ts'
import { failureCode, invalidArgument, Refusal } from './refusal.ts'
import { md5 } from './values.ts'
import { childrenOf } from './xml-in.ts'
import { node, type XmlNode } from './xml-out.ts'

/** Messages of one batch. */
export const batchMax = 16

/** SendMessage and BatchSendMessage, told apart by the root of the body (sections 1.7.2 and 1.7.3). */
export const sendMessages: Operation = {
  subject: 'queue',
  action: () => 'mns:SendMessage',
  async run(context, call): Promise<Answer> {
    context.services.resources.queues.get(call.account, nameOf(call))
    checkRoot(call, 'Message', 'Messages')
    if (call.body === undefined) throw new Refusal('MalformedXML', 'The body is empty.', 400)
    return call.body.name === 'Message' ? await sendOne(context, call) : await sendBatch(context, call)
  },
}

async function sendOne({ services }: MnsContext, call: Call): Promise<Answer> {
  const message = readMessage(call.body ?? noElement)
  const [outcome] = await services.queues.send(call.account, nameOf(call), [message])
  if (outcome?.status !== 'sent') {
    throw outcome === undefined ? invalidArgument('There is no message.') : sizeRefusal(outcome)
  }
  return { status: 201, body: node('Message', sentNodes(message, outcome)) }
}

async function sendBatch({ services }: MnsContext, call: Call): Promise<Answer> {
  const elements = childrenOf(call.body, 'Message')
  if (elements.length === 0 || elements.length > batchMax) {
    throw invalidArgument(`A batch has from 1 to ${batchMax} messages, not ${elements.length}.`)
  }
  const messages = elements.map(readMessage)
  const bytes = messages.reduce((sum, { body }) => sum + body.length, 0)
  const { messageBytesMax } = services.resources.queues.get(call.account, nameOf(call)).spec
  const bytesMax = Math.max(messageBytesMost, messageBytesMax)
  if (bytes > bytesMax) throw invalidArgument(`A batch has at most ${bytesMax} bytes, not ${bytes}.`)
  const outcomes = await services.queues.send(call.account, nameOf(call), messages)
  const nodes = outcomes.map((outcome, index) => {
    if (outcome.status === 'sent') return node('Message', sentNodes(messages[index] ?? noMessage, outcome))
    const { error } = outcome
    return node('Message', [node('ErrorCode', failureCode(error)), node('ErrorMessage', error.message)])
  })
  const isWhole = outcomes.every(({ status }) => status === 'sent')
  return { status: isWhole ? 201 : 500, body: node('Messages', nodes) }
}

const noElement = { name: 'Message', children: [], text: '' }
const noMessage: NewMessage = { body: new Uint8Array() }

function sentNodes({ body }: NewMessage, outcome: SendOutcome & { status: 'sent' }): (XmlNode | undefined)[] {
  const { id, handle } = outcome.message
  return [
    node('MessageId', id),
    node('MessageBodyMD5', md5(body)),
    handle === undefined ? undefined : node('ReceiptHandle', handle),
  ]
}

/** In the words that users of this interface know. */
function sizeRefusal({ error }: SendOutcome & { status: 'refused' }): Error {
  if (error.code !== 'queue.message-too-large') return error
  return invalidArgument(
    `The value of MessageBody should between 1 and ${String(error.details?.['limit'])} bytes.`,
  )
}
