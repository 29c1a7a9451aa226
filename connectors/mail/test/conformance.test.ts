import { type SinkFixture, sinkSuite } from '@millrace/spi/conformance'
import { expect } from 'vitest'
import { connector } from '../src/index.ts'
import { reply, startServer } from './server.ts'

sinkSuite('mail', connector, async ({ failing = [], hanging = [] }) => {
  const begun = new Set<string>()
  const givenUp = new Set<string>()
  const server = await startServer({
    judge: async ({ id, text }, closed) => {
      if (failing.includes(id)) return reply(554, `what came: ${text.slice(-100)}`)
      if (!hanging.includes(id)) return undefined
      begun.add(id)
      await closed
      givenUp.add(id)
      return reply(451)
    },
  })
  const fixture: SinkFixture = {
    connector,
    options: {
      port: server.port,
      starttls: 'none',
      from: 'shop@example.com',
      to: 'people@example.com',
      connectionsMax: 8,
    },
    accepted: () => Promise.resolve(server.taken.map(({ id }) => id)),
    begun: id => expect.poll(() => begun.has(id)).toBe(true),
    givenUp: id => expect.poll(() => givenUp.has(id)).toBe(true),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
  return fixture
})
