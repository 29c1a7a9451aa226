import { visibilityMsMax, waitMsMax } from '../../queues/index.ts'
import type { Answer, Call, MnsContext, Operation } from './call.ts'
import { messageNodes, receivedNodes } from './message-xml.ts'
import { batchMax } from './messages.ts'
import { queueEndpoint } from './names.ts'
import { checkRoot, nameOf } from './queues.ts'
import { failureCode, invalidArgument, Refusal } from './refusal.ts'
import { wholeNumber } from './values.ts'
import { childrenOf } from './xml-in.ts'
import { node, type XmlNode } from './xml-out.ts'

/** ReceiveMessage and PeekMessage, each for one and for several (sections 1.7.4 to 1.7.6). */
export const receiveMessages: Operation = {
  subject: 'queue',
  // Looking at messages is another thing than taking them.
  action: ({ query }) =>
    query.get('peekonly')?.toLowerCase() === 'true' ? 'mns:PeekMessage' : 'mns:ReceiveMessage',
  async run(context, call): Promise<Answer> {
    const { query } = call.target
    const several = query.get('numofmessages')
    const count = several === undefined ? 1 : wholeNumber(several, 'numOfMessages', 1, batchMax, 'messages')
    const isPeek = query.get('peekonly')?.toLowerCase() === 'true'
    const found = isPeek ? await peek(context, call, count) : await receive(context, call, count)
    const [first] = found
    if (first === undefined) throw new Refusal('MessageNotExist', 'Message not exist.', 404)
    if (several === undefined) return { status: 200, body: node('Message', first) }
    return {
      status: 200,
      body: node(
        'Messages',
        found.map(nodes => node('Message', nodes)),
      ),
    }
  },
}

async function receive(context: MnsContext, call: Call, count: number): Promise<XmlNode[][]> {
  const waitSeconds = call.target.query.get('waitseconds')
  const wait =
    waitSeconds === undefined
      ? {}
      : { waitMs: wholeNumber(waitSeconds, 'waitseconds', 0, waitMsMax / 1_000, 'seconds') * 1_000 }
  const { queues } = context.services
  const options = { count, ...wait }
  const received = await queues.receive(call.account, nameOf(call), options, call.signal)
  return received.map(message => receivedNodes(message, arnOf(context, call)))
}

async function peek(context: MnsContext, call: Call, count: number): Promise<XmlNode[][]> {
  const seen = await context.services.queues.peek(call.account, nameOf(call), count)
  return seen.map(message => messageNodes(message, arnOf(context, call)))
}

function arnOf({ services }: MnsContext, { account }: Call): (queue: string) => string {
  return queue => queueEndpoint(services.node.region, account, queue)
}

/** DeleteMessage by a handle in the query, BatchDeleteMessage by those in the body (sections 1.7.7 and 1.7.8). */
export const deleteMessages: Operation = {
  subject: 'queue',
  action: () => 'mns:DeleteMessage',
  async run({ services }, call): Promise<Answer> {
    const name = nameOf(call)
    services.resources.queues.get(call.account, name)
    const handle = call.target.query.get('receipthandle')
    if (handle !== undefined) {
      const [failure] = await services.queues.delete(call.account, name, [handle])
      if (failure !== undefined) throw failure
      return { status: 204 }
    }
    if (call.body === undefined) throw missingHandle()
    checkRoot(call, 'ReceiptHandles')
    const handles = childrenOf(call.body, 'ReceiptHandle').map(({ text }) => text)
    if (handles.length === 0 || handles.length > batchMax) {
      throw invalidArgument(`A batch has from 1 to ${batchMax} receipt handles, not ${handles.length}.`)
    }
    const failures = await services.queues.delete(call.account, name, handles)
    const nodes = failures.flatMap((failure, index) =>
      failure === undefined
        ? []
        : node('Error', [
            node('ErrorCode', failureCode(failure)),
            node('ErrorMessage', failure.message),
            node('ReceiptHandle', handles[index] ?? ''),
          ]),
    )
    return nodes.length === 0 ? { status: 204 } : { status: 404, body: node('Errors', nodes) }
  },
}

export const changeMessageVisibility: Operation = {
  subject: 'queue',
  action: () => 'mns:ChangeMessageVisibility',
  async run({ services }, call): Promise<Answer> {
    const { query } = call.target
    const handle = query.get('receipthandle')
    const timeout = query.get('visibilitytimeout')
    if (handle === undefined) throw missingHandle()
    if (timeout === undefined) {
      throw new Refusal('MissingVisibilityTimeout', 'VisibilityTimeout is required.', 400)
    }
    const seconds = wholeNumber(timeout, 'VisibilityTimeout', 1, visibilityMsMax / 1_000, 'seconds')
    const changed = await services.queues.changeVisibility(
      call.account,
      nameOf(call),
      handle,
      seconds * 1_000,
    )
    return {
      status: 200,
      body: node('ChangeVisibility', [
        node('ReceiptHandle', changed.handle),
        node('NextVisibleTime', changed.visibleAtMs),
      ]),
    }
  },
}

function missingHandle(): Refusal {
  return new Refusal('MissingReceiptHandle', 'ReceiptHandle is required.', 400)
}
