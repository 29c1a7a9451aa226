import { expect, test } from 'vitest'
import { ownService, useService } from '../index.ts'
import { describeService } from '../vitest.ts'
import { processesThatMention } from './leftovers.ts'

await describeService('kafka', 'Apache Kafka', () => {
  test('the shared broker creates and deletes topics', async () => {
    const kafka = await useService('kafka')
    const name = `services-${crypto.randomUUID()}`

    await kafka.createTopic(name, 3, { 'cleanup.policy': 'compact' })
    expect(await kafka.partitionsOf(name)).toBe(3)

    await kafka.deleteTopic(name)
    expect(await kafka.partitionsOf(name)).toBeUndefined()
    await expect(kafka.deleteTopic(name)).rejects.toThrow('was not deleted')
  })

  test('a private broker that is killed comes back with its topics and leaves nothing behind', async () => {
    const kafka = await ownService('kafka')
    try {
      await kafka.createTopic('survivor', 2)
      await kafka.kill()
      await expect(kafka.partitionsOf('survivor')).rejects.toThrow('ECONNREFUSED')

      await kafka.start()
      expect(await kafka.partitionsOf('survivor')).toBe(2)
    } finally {
      await kafka[Symbol.asyncDispose]()
    }
    expect(processesThatMention(kafka.logFile)).toEqual([])
  })
})
