import { connector } from '@millrace/connector-rabbitmq'
import { faultProxy, ownService, useService } from '@millrace/services'
import { describeService } from '@millrace/services/vitest'
import { connect } from 'amqplib'
import { expect, onTestFinished, test } from 'vitest'
import { Feed } from './feed.ts'
import { newName, patienceMs, quickRetry, runningServer, testLimitMs, toHttp } from './place.ts'
import { Recorder } from './recorder.ts'

const wait = { timeout: patienceMs }
const total = 2_000

interface Place {
  readonly endpoint: string
  readonly username: string
  readonly password: string
  readonly queue: string
}

/** A durable queue of one's own on a server. */
async function newQueue(server: {
  address: string
  user: { name: string; password: string }
}): Promise<Place> {
  const { address, user } = server
  const [hostname = '', port = ''] = address.split(':')
  const reach = { hostname, port: Number(port), username: user.name, password: user.password }
  const queue = newName()
  const model = await connect(reach)
  await (await model.createChannel()).assertQueue(queue, { durable: true })
  await model.close()
  onTestFinished(async () => {
    const cleaner = await connect(reach).catch(() => undefined)
    await (await cleaner?.createChannel())?.deleteQueue(queue)
    await cleaner?.close()
  })
  return { endpoint: address, username: user.name, password: user.password, queue }
}

await describeService('rabbitmq', 'from RabbitMQ', () => {
  test(
    'a server that is killed in the middle loses no message',
    async ({ annotate }) => {
      const place = await newQueue(await useService('rabbitmq'))
      const server = await runningServer()
      const recorder = await Recorder.start()
      const source = { connector: 'rabbitmq', options: { ...place } }
      await server.client().streams.put('s', toHttp(source, recorder.url, '$.data.body'))
      const feeding = new Feed(connector, { ...place }).put(0, total)
      for (const part of [0.1, 0.5]) {
        await expect.poll(() => recorder.distinct, wait).toBeGreaterThan(total * part)
        await server.kill()
        await server.start()
      }
      await feeding
      await expect.poll(() => recorder.distinct, wait).toBe(total)
      await annotate(`${recorder.duplicates} of ${total} messages came twice`)
    },
    testLimitMs,
  )

  test(
    'a broker that is killed in the middle loses no message',
    async ({ annotate }) => {
      await using broker = await ownService('rabbitmq')
      const place = await newQueue(broker)
      const server = await runningServer()
      const recorder = await Recorder.start()
      const source = { connector: 'rabbitmq', options: { ...place } }
      await server.client().streams.put('s', toHttp(source, recorder.url, '$.data.body'))
      const feeding = new Feed(connector, { ...place }).put(0, total)
      await expect.poll(() => recorder.distinct, wait).toBeGreaterThan(total / 10)
      await broker.kill()
      await broker.start()
      await feeding
      await expect.poll(() => recorder.distinct, wait).toBe(total)
      await annotate(`${recorder.duplicates} of ${total} messages came twice`)
    },
    testLimitMs,
  )

  test(
    'a network that cuts, stalls, slows and resets loses no message on the way to a bus',
    async ({ annotate }) => {
      const place = await newQueue(await useService('rabbitmq'))
      await using proxy = await faultProxy({ target: place.endpoint })
      const server = await runningServer()
      const client = server.client()
      const recorder = await Recorder.start()
      await client.buses.put('orders', {})
      await client.rules('orders').put('all', {
        pattern: { type: ['amqp:Queue:SendMessage'] },
        targets: [
          {
            id: 'recorder',
            transform: { form: 'JSONPATH', value: '$.data.body' },
            sink: { connector: 'http', options: { url: recorder.url } },
          },
        ],
      })
      await client.instances.put('shop', {
        connector: 'rabbitmq',
        options: {
          endpoint: proxy.address,
          username: place.username,
          password: place.password,
          heartbeatSeconds: 1,
        },
      })
      await client.streams.put('s', {
        source: { connector: 'rabbitmq', instance: 'shop', options: { queue: place.queue, prefetch: 50 } },
        sink: { bus: 'orders' },
        retry: quickRetry,
      })
      const feed = new Feed(connector, { ...place })
      const faults = [
        () => proxy.cut(),
        () => proxy.slow(50_000),
        () => proxy.resetAll(),
        () => proxy.stall(),
      ]
      for (const [index, fault] of faults.entries()) {
        const connections = proxy.counts.accepted
        await feed.put(index * 250, 250)
        await expect.poll(() => recorder.distinct, wait).toBeGreaterThan(index * 250)
        fault()
        // A connection that is stalled is given up for want of a heartbeat; one that is slow goes on.
        if (index === 3) await expect.poll(() => proxy.counts.accepted, wait).toBeGreaterThan(connections)
        proxy.resume()
        await expect.poll(() => recorder.distinct, wait).toBe((index + 1) * 250)
      }
      await annotate(`${recorder.duplicates} of 1000 messages came twice`)
    },
    testLimitMs,
  )
})
