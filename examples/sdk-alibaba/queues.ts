import { call, type UntypedClient } from './clients.ts'

/** Seconds that one receive waits for a message. */
const waitSeconds = 20

interface Message {
  readonly MessageBody: string
  readonly ReceiptHandle: string
}

/** 201 says that the queue was made, 204 that it was there with these attributes. */
export async function createQueue(mns: UntypedClient, name: string): Promise<'made' | 'was there'> {
  const { code } = await call(mns, 'createQueue', name, { VisibilityTimeout: 30 })
  return code === 201 ? 'made' : 'was there'
}

/** Receives one message, hands its body over, and deletes it when that went well. Waits for it. */
export async function takeOne(
  mns: UntypedClient,
  queue: string,
  handle: (body: string) => Promise<void> | void,
): Promise<void> {
  const { body } = await call(mns, 'receiveMessage', queue, waitSeconds)
  const { MessageBody, ReceiptHandle } = body as Message
  await handle(MessageBody)
  await call(mns, 'deleteMessage', queue, ReceiptHandle)
}
