import { type SinkFixture, sinkSuite } from '@millrace/spi/conformance'
import { expect } from 'vitest'
import { connector } from '../src/index.ts'
import { startTarget } from './target.ts'

sinkSuite('chat', connector, async ({ failing = [], hanging = [] }) => {
  const accepted: string[] = []
  const begun = new Set<string>()
  const givenUp = new Set<string>()
  const target = await startTarget(({ body }, response) => {
    const { content } = body['text'] as { content: string }
    const { id } = JSON.parse(content) as { id: string }
    if (hanging.includes(id)) {
      begun.add(id)
      response.on('close', () => givenUp.add(id))
    } else if (failing.includes(id)) {
      response.end(JSON.stringify({ errcode: 400105, errmsg: `what came: ${content}` }))
    } else {
      accepted.push(id)
      response.end('{"errcode":0,"errmsg":"ok"}')
    }
  })
  const fixture: SinkFixture = {
    connector,
    options: { service: 'dingtalk', url: `${target.origin}/robot/send?access_token=t`, ratePerMinute: 6_000 },
    accepted: () => Promise.resolve(accepted),
    begun: id => expect.poll(() => begun.has(id)).toBe(true),
    givenUp: id => expect.poll(() => givenUp.has(id)).toBe(true),
    [Symbol.asyncDispose]: () => target[Symbol.asyncDispose](),
  }
  return fixture
})
