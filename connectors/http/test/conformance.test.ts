import { type SinkFixture, sinkSuite } from '@millrace/spi/conformance'
import { expect } from 'vitest'
import { connector } from '../src/index.ts'
import { startTarget } from './target.ts'

sinkSuite('http', connector, async behaviour => {
  const accepted: string[] = []
  const begun = new Set<string>()
  const givenUp = new Set<string>()
  const target = await startTarget((seen, response) => {
    const id = String(seen.headers['millrace-event-id'])
    if (behaviour.hanging?.includes(id) === true) {
      begun.add(id)
      response.on('close', () => givenUp.add(id))
    } else if (behaviour.failing?.includes(id) === true) {
      response.writeHead(500).end(`what came: ${seen.body.toString()}`)
    } else {
      accepted.push(id)
      response.writeHead(202).end()
    }
  })
  const fixture: SinkFixture = {
    connector,
    options: { url: target.url },
    accepted: () => Promise.resolve(accepted),
    begun: id => expect.poll(() => begun.has(id)).toBe(true),
    givenUp: id => expect.poll(() => givenUp.has(id)).toBe(true),
    [Symbol.asyncDispose]: () => target[Symbol.asyncDispose](),
  }
  return fixture
})
