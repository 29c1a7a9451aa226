import { expect, test } from 'vitest'
import { ownService, useService } from '../index.ts'
import { describeService } from '../vitest.ts'
import { processesThatMention } from './leftovers.ts'

const withinMs = 300_000

await describeService('rocketmq', 'Apache RocketMQ', () => {
  test(
    'the shared broker creates topics of each type and consumer groups',
    async () => {
      const rocketmq = await useService('rocketmq')
      const name = `services-${crypto.randomUUID()}`

      for (const type of ['NORMAL', 'FIFO', 'DELAY', 'TRANSACTION'] as const) {
        await rocketmq.createTopic(`${name}-${type}`, type)
        expect(await rocketmq.hasTopic(`${name}-${type}`)).toBe(true)
      }
      await rocketmq.createConsumerGroup(name, { ordered: true, attemptsMax: 3 })
      await rocketmq.deleteTopic(`${name}-FIFO`)
      expect(await rocketmq.hasTopic(`${name}-FIFO`)).toBe(false)
      await expect(rocketmq.createTopic('not a name')).rejects.toThrow('RocketMQ answered')
    },
    withinMs,
  )

  test(
    'a private broker that is killed comes back with its topics and leaves nothing behind',
    async () => {
      const rocketmq = await ownService('rocketmq')
      try {
        await rocketmq.createTopic('survivor', 'FIFO')
        await rocketmq.kill()
        await expect(rocketmq.hasTopic('survivor')).rejects.toThrow('ECONNREFUSED')

        await rocketmq.start()
        expect(await rocketmq.hasTopic('survivor')).toBe(true)
      } finally {
        await rocketmq[Symbol.asyncDispose]()
      }
      expect(processesThatMention(rocketmq.logFile)).toEqual([])
    },
    withinMs,
  )
})
