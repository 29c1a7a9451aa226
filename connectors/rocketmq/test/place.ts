import { randomUUID } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { Services } from '@millrace/services'

export type RocketmqServer = Services['rocketmq']
type Kind = Parameters<RocketmqServer['createTopic']>[1]

/** Makes a topic of its own on a server, and a group for it. */
export async function place(
  server: RocketmqServer,
  kind: Kind = 'NORMAL',
  { namespace, ordered = false }: { readonly namespace?: string; readonly ordered?: boolean } = {},
): Promise<{ readonly topic: string; readonly group: string }> {
  const name = randomUUID().slice(0, 8)
  const [topic, group] = [`topic-${name}`, `group-${name}`]
  const prefix = namespace === undefined ? '' : `${namespace}%`
  // One queue, so that what is put in one after the other lies in that order.
  await server.createTopic(prefix + topic, kind, 1)
  await server.createConsumerGroup(prefix + group, { ordered })
  // The connections that did it are closed in the next turn; who counts open ones must not meet them.
  await setImmediate()
  return { topic, group }
}
