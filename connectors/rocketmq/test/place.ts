import { randomUUID } from 'node:crypto'
import { BrokerAdmin, type TopicKind } from './admin.ts'

/** Where the tests find a server. */
export const proxyAddress = '127.0.0.1:18081'
const admin = new BrokerAdmin(20_911)

/** A topic of its own on the server, and a group for it. */
export async function place(
  kind: TopicKind = 'NORMAL',
  isOrdered = false,
): Promise<{ topic: string; group: string }> {
  const name = randomUUID().slice(0, 8)
  const topic = `topic-${name}`
  const group = `group-${name}`
  await admin.createTopic(topic, kind)
  await admin.createGroup(group, isOrdered)
  return { topic, group }
}
