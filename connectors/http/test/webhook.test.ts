import { setImmediate } from 'node:timers/promises'
import type { DoorAnswer, DoorRequest } from '@millrace/spi'
import { eventOf, SourceHost, sourceSuite } from '@millrace/spi/conformance'
import { describe, expect, test } from 'vitest'
import { connector } from '../src/index.ts'

/** A request as a sender makes it; its id stays the same however often it is sent. */
function request(id: string, body: string, headers: Record<string, string> = {}): DoorRequest {
  return {
    method: 'POST',
    target: '/orders?env=p&token=secret-of-the-url&env=q',
    headers: { 'webhook-id': id, 'content-type': 'application/json', cookie: 'hush', ...headers },
    remoteAddress: '127.0.0.1',
    body: Buffer.from(body),
  }
}

sourceSuite('http', connector, () => {
  const host = new SourceHost()
  const ended = new AbortController()
  let number = 0
  // Senders repeat what was not taken, as webhook senders do.
  const send = async (message: DoorRequest): Promise<void> => {
    while (!ended.signal.aborted) {
      const { status } = await host.knock(message, ended.signal)
      if (status === 200) return
      await setImmediate()
    }
  }
  return Promise.resolve({
    connector,
    options: {},
    host,
    put: async (texts: readonly string[]) => {
      for (const text of texts) void send(request(`d${++number}`, text))
      await setImmediate()
    },
    textOf: (data: unknown) => JSON.stringify((data as { body: unknown }).body),
    [Symbol.asyncDispose]: () => Promise.resolve(ended.abort()),
  })
})

describe('webhook', () => {
  const never = new AbortController().signal
  const limits = { recordsMax: 10, bytesMax: 1_000_000 }

  /** Opens a source whose door is open, and knocks. */
  async function knocking(options: Record<string, unknown>, ...messages: DoorRequest[]) {
    const host = new SourceHost()
    const source = host.open(connector, options)
    const read = source.read(limits, never)
    const answers = messages.map(message => host.knock(message, never))
    return { host, source, read, answers }
  }

  test('an event has the shape of the compatible protocol, without what lets people in', async () => {
    const { source, read, answers } = await knocking({}, request('d1', '{"n":12345678901234567890}'))
    const [record] = await read
    expect(Buffer.from(record!.event).toString()).toContain('"body":{"n":12345678901234567890}')
    const event = eventOf(record!.event)
    expect(event).toMatchObject({ id: 'd1', type: 'eventbridge:Events:HTTPEvent', source: 'conformance' })
    expect(event.data).toMatchObject({
      headers: { 'webhook-id': 'd1', 'content-type': 'application/json' },
      path: '/orders',
      httpMethod: 'POST',
      queryString: { env: 'p' },
    })
    expect(JSON.stringify(event)).not.toMatch(/hush|secret-of-the-url/)
    await source.commit([record!])
    expect(await answers[0]).toMatchObject({ status: 200, body: '{"id":"d1"}' })
    await source[Symbol.asyncDispose]()
  })

  test.each([
    ['text/plain', 'hëllo', 'hëllo'],
    ['application/cloudevents+json', '[1]', [1]],
    ['application/octet-stream', '', null],
  ])('a body of type %s', async (type, body, shown) => {
    const { source, read } = await knocking({}, request('d', body, { 'content-type': type }))
    const [record] = await read
    expect(eventOf(record!.event).data).toMatchObject({ body: shown })
    await source[Symbol.asyncDispose]()
  })

  test('a body that is not the JSON it says to be is refused, and nothing is read', async () => {
    const { source, read, answers } = await knocking({}, request('d', '{'))
    expect(await answers[0]).toMatchObject({ status: 400, body: expect.stringContaining('is not JSON') })
    await Promise.all([
      expect(read).rejects.toMatchObject({ code: 'source.closed' }),
      source[Symbol.asyncDispose](),
    ])
  })

  test('more requests than may wait are sent away for a while', async () => {
    const messages = ['a', 'b', 'c'].map(id => request(id, '1'))
    const { source, read, answers } = await knocking({ waitingMax: 2 }, ...messages)
    expect(await answers[2]).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
    const records = await read
    await source.commit(records)
    expect((await Promise.all(answers.slice(0, 2))).map(({ status }) => status)).toEqual([200, 200])
    await source[Symbol.asyncDispose]()
  })

  test('a request whose record is not done when the stream stops may come again', async () => {
    const { host, source, read, answers } = await knocking({}, request('a', '1'))
    await read
    await source[Symbol.asyncDispose]()
    expect(await answers[0]).toMatchObject({ status: 503 })
    const later: DoorAnswer = await host.knock(request('a', '1'), never)
    expect(later.status).toBe(503)
  })

  test('a request that takes too long is answered 504', async () => {
    const { source, read, answers } = await knocking({ answerTimeoutMs: 100 }, request('a', '1'))
    await read
    expect(await answers[0]).toMatchObject({ status: 504 })
    await source[Symbol.asyncDispose]()
  })
})
