import { useService } from '@millrace/services'
import { describeService } from '@millrace/services/vitest'
import { sinkSuite, sourceSuite } from '@millrace/spi/conformance'
import { afterAll, beforeAll, expect } from 'vitest'
import { connector } from '../src/index.ts'
import { Gateway } from './gateway.ts'
import { place, type RocketmqServer } from './place.ts'
import { Sender } from './send.ts'

await describeService('rocketmq', 'the RocketMQ connector', () => {
  let server: RocketmqServer
  let sender: Sender
  beforeAll(async () => {
    server = await useService('rocketmq')
    sender = new Sender(server.address)
  })
  afterAll(() => sender[Symbol.asyncDispose]())

  sourceSuite('rocketmq', connector, async () => {
    const { topic, group } = await place(server)
    return {
      connector,
      options: { endpoints: [server.address], topic, group },
      put: texts => sender.send(topic, texts),
      putMalformed: () => sender.send(topic, ['{']),
      textOf: data => JSON.stringify((data as { body: unknown }).body),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }
  })

  sinkSuite('rocketmq', connector, async ({ failing = [], hanging = [] }) => {
    const { topic } = await place(server)
    const hooks = { failing: new Set(failing), hanging: new Set(hanging) }
    const gateway = await Gateway.open(server.address, hooks)
    return {
      connector,
      options: { endpoints: [gateway.address], topic },
      accepted: () => Promise.resolve(gateway.accepted),
      begun: id => expect.poll(() => gateway.begun.has(id), { timeout: 10_000 }).toBe(true),
      givenUp: id => expect.poll(() => gateway.givenUp.has(id)).toBe(true),
      [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
    }
  })
})
