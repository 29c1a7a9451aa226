import { useService } from '@millrace/services'
import { Producer } from 'rocketmq-client-nodejs'
import type { Shop } from './run.ts'

/** A topic of RocketMQ, with a group of the same name that reads from its beginning, and who sends to it. */
export async function rocketmqShop(topic: string): Promise<Pick<Shop, 'send'> & AsyncDisposable> {
  const rocketmq = await useService('rocketmq')
  if (!(await rocketmq.hasTopic(topic))) await rocketmq.createTopic(topic, 'NORMAL')
  await rocketmq.createConsumerGroup(topic)
  const silent = { debug() {}, info() {}, warn() {}, error() {} }
  const producer = new Producer({
    endpoints: rocketmq.address,
    namespace: '',
    topics: [topic],
    logger: silent,
  })
  await producer.startup()
  return {
    async send(bodies) {
      await Promise.all(bodies.map(body => producer.send({ topic, body: Buffer.from(body) })))
    },
    [Symbol.asyncDispose]: () => producer.shutdown(),
  }
}
