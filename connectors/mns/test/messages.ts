import { randomUUID } from 'node:crypto'
import { type ConnectorContext, systemClock } from '@millrace/spi'
import { SourceHost } from '@millrace/spi/conformance'
import { MnsClient } from '../src/client.ts'
import { childText, document, leaf } from '../src/xml.ts'
import type { Service } from './service.ts'

const context: ConnectorContext = { ...new SourceHost().context, clock: systemClock }
const never = new AbortController().signal

function clientOf({ reach }: Service): MnsClient {
  return new MnsClient({ ...reach, connectTimeoutMs: 5_000 }, context, 'sink')
}

/** Makes a queue, or a topic, of a new name. */
export async function make(service: Service, kind: 'queue' | 'topic', settings = ''): Promise<string> {
  await using client = clientOf(service)
  const name = `t-${randomUUID()}`
  const body = document(kind === 'queue' ? 'Queue' : 'Topic', settings)
  const answer = await client.request('PUT', `/${kind}s/${name}`, { body }, never)
  if (answer.status !== 201) throw client.error(answer)
  return name
}

/** Sends messages one after the other, as their texts stand. */
export async function send(service: Service, queue: string, texts: readonly string[]): Promise<void> {
  await using client = clientOf(service)
  for (const text of texts) {
    const body = document('Message', leaf('MessageBody', text))
    const answer = await client.request('POST', `/queues/${queue}/messages`, { body }, never)
    if (answer.root?.name !== 'Message') throw client.error(answer)
  }
}

/** Takes all messages out of a queue; their bodies without the padding. */
export async function drain(service: Service, queue: string): Promise<string[]> {
  await using client = clientOf(service)
  const found: string[] = []
  for (;;) {
    const { root } = await client.request('GET', `/queues/${queue}/messages?numOfMessages=16`, {}, never)
    if (root?.name !== 'Messages') return found
    for (const message of root.children) found.push(childText(message, 'MessageBody') ?? '')
    const handles = root.children.map(message => leaf('ReceiptHandle', childText(message, 'ReceiptHandle')))
    const body = document('ReceiptHandles', handles.join(''))
    await client.request('DELETE', `/queues/${queue}/messages`, { body }, never)
  }
}
