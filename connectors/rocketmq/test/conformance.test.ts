import { sinkSuite, sourceSuite } from '@millrace/spi/conformance'
import { afterAll, expect } from 'vitest'
import { connector } from '../src/index.ts'
import { Gateway } from './gateway.ts'
import { place, proxyAddress } from './place.ts'
import { Sender } from './send.ts'

const sender = new Sender()
afterAll(() => sender[Symbol.asyncDispose]())

sourceSuite('rocketmq', connector, async () => {
  const { topic, group } = await place()
  return {
    connector,
    options: { endpoints: [proxyAddress], topic, group },
    put: texts => sender.send(topic, texts),
    putMalformed: () => sender.send(topic, ['{']),
    textOf: data => JSON.stringify((data as { body: unknown }).body),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
})

sinkSuite('rocketmq', connector, async ({ failing = [], hanging = [] }) => {
  const { topic } = await place()
  const gateway = await Gateway.open(proxyAddress, { failing: new Set(failing), hanging: new Set(hanging) })
  return {
    connector,
    options: { endpoints: [gateway.address], topic },
    accepted: () => Promise.resolve(gateway.accepted),
    begun: id => expect.poll(() => gateway.begun.has(id), { timeout: 10_000 }).toBe(true),
    givenUp: id => expect.poll(() => gateway.givenUp.has(id)).toBe(true),
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  }
})
