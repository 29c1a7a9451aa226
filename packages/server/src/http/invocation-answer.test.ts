import fastify, { type FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AnswerOnTheWay } from './invocation-answer.ts'

let app: FastifyInstance
beforeEach(() => {
  app = fastify({ forceCloseConnections: true })
})
afterEach(() => app.close())

/** Serves one answer that `answer` makes; resolves with its address. */
async function serve(
  make: (answer: AnswerOnTheWay, signal: AbortSignal) => Promise<void>,
  isWhole = true,
): Promise<string> {
  app.get('/', async (_request, reply) => {
    const answer = new AnswerOnTheWay(reply)
    await answer.during(signal => make(answer, signal))
    answer.end(isWhole)
    return reply
  })
  return await app.listen({ host: '127.0.0.1', port: 0 })
}

test('parts reach the caller while the code still runs', async () => {
  const isRead = Promise.withResolvers<void>()
  const url = await serve(async answer => {
    answer.head({ contentType: 'text/plain' })
    await answer.data(Buffer.from('one'))
    await isRead.promise
    await answer.data(Buffer.from('two'))
  })

  const response = await fetch(url)
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const first = await reader.read()
  isRead.resolve()
  const second = await reader.read()

  expect(response.headers.get('content-type')).toBe('text/plain')
  expect([first.value, second.value].map(part => Buffer.from(part ?? []).toString())).toEqual(['one', 'two'])
  expect((await reader.read()).done).toBe(true)
})

test('an answer whose code fails in the middle is cut, not ended', async () => {
  const url = await serve(async answer => {
    answer.head({})
    await answer.data(Buffer.from('half'))
  }, false)

  const response = await fetch(url)

  await expect(response.text()).rejects.toThrow()
})

test('a caller who leaves ends the invocation, and nothing more can be sent', async () => {
  const ended = Promise.withResolvers<unknown>()
  const url = await serve(async (answer, signal) => {
    answer.head({})
    await answer.data(Buffer.from('x'))
    await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
    await answer.data(Buffer.from('y')).catch(ended.resolve)
  })
  const caller = new AbortController()

  const response = await fetch(url, { signal: caller.signal })
  expect(response.status).toBe(200)
  caller.abort()

  expect(await ended.promise).toMatchObject({ message: 'the caller has left' })
})
