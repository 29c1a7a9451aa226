import { expect, test } from 'vitest'
import { ownService, useService } from '../index.ts'
import { describeService } from '../vitest.ts'
import { amqpLogin, declareQueue } from '../wire/index.ts'
import { processesThatMention } from './leftovers.ts'

const withinMs = 10_000

await describeService('rabbitmq', 'RabbitMQ', () => {
  test('the shared node lets its users in, and a stranger may not declare a queue', async () => {
    const { address, user, stranger } = await useService('rabbitmq')
    const port = Number(address.split(':')[1])
    const queue = `services-${crypto.randomUUID()}`

    await declareQueue(port, user, queue, false, AbortSignal.timeout(withinMs))
    await declareQueue(port, user, queue, true, AbortSignal.timeout(withinMs))
    await expect(
      declareQueue(port, stranger, `${queue}-2`, false, AbortSignal.timeout(withinMs)),
    ).rejects.toThrow('ACCESS_REFUSED')
    const wrong = { ...user, password: 'wrong' }
    await expect(amqpLogin(port, wrong, AbortSignal.timeout(withinMs))).rejects.toThrow()
  })

  test('a private node that is killed comes back with its queues and leaves nothing behind', async () => {
    const rabbitmq = await ownService('rabbitmq')
    const port = rabbitmq.ports['amqp'] ?? 0
    try {
      await declareQueue(port, rabbitmq.user, 'survivor', false, AbortSignal.timeout(withinMs))
      await rabbitmq.kill()
      await expect(amqpLogin(port, rabbitmq.user, AbortSignal.timeout(withinMs))).rejects.toThrow(
        'ECONNREFUSED',
      )

      await rabbitmq.start()
      await declareQueue(port, rabbitmq.user, 'survivor', true, AbortSignal.timeout(withinMs))
    } finally {
      await rabbitmq[Symbol.asyncDispose]()
    }
    expect(processesThatMention(rabbitmq.logFile)).toEqual([])
  })
})
