import { connector } from '@millrace/connector-rocketmq'
import { useService } from '@millrace/services'
import { describeService } from '@millrace/services/vitest'
import { expect, test } from 'vitest'
import { Feed } from './feed.ts'
import { newName, patienceMs, runningServer, testLimitMs, toHttp } from './place.ts'
import { Recorder } from './recorder.ts'

const wait = { timeout: patienceMs }
const total = 500

await describeService('rocketmq', 'from RocketMQ', () => {
  test(
    'a server that is killed in the middle loses no message',
    async ({ annotate }) => {
      const rocketmq = await useService('rocketmq')
      const [topic, group] = [newName(), newName()]
      await rocketmq.createTopic(topic, 'NORMAL')
      await rocketmq.createConsumerGroup(group)
      const endpoints = [rocketmq.address]
      const server = await runningServer()
      const recorder = await Recorder.start()
      const options = { endpoints, topic, group, invisibleMs: 10_000 }
      await server
        .client()
        .streams.put('s', toHttp({ connector: 'rocketmq', options }, recorder.url, '$.data.body'))
      const feeding = new Feed(connector, { endpoints, topic }).put(0, total)
      await expect.poll(() => recorder.distinct, wait).toBeGreaterThan(total / 10)
      await server.kill()
      await server.start()
      await feeding
      await expect.poll(() => recorder.distinct, wait).toBe(total)
      await annotate(`${recorder.duplicates} of ${total} messages came twice`)
    },
    testLimitMs,
  )
})
