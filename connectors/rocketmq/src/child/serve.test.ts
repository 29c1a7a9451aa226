import { expect, test } from 'vitest'
import type { Reply } from './protocol.ts'
import { serveParent } from './serve.ts'

/** Stands for the process: what the parent sends goes in, replies come out. */
class Channel {
  readonly replies: Reply[] = []
  readonly #listeners = new Map<string, (message: unknown) => void>()
  exits = 0
  hasRoom = true
  readonly on = (event: string, listener: (message: unknown) => void): void =>
    void this.#listeners.set(event, listener)
  readonly send = (reply: Reply): boolean => {
    this.replies.push(reply)
    return this.hasRoom
  }
  readonly exit = (): void => void this.exits++

  async give(event: 'message' | 'disconnect', message?: unknown): Promise<void> {
    this.#listeners.get(event)?.(message)
    await new Promise(setImmediate)
  }
}

const toFault = (thrown: unknown): { name: string; message: string } => ({
  name: 'E',
  message: String(thrown),
})

function serve(channel: Channel, said: string[] = []): (text: string) => void {
  return serveParent(
    {
      methods: {
        double: payload => Promise.resolve(Number(payload) * 2),
        wait: (_payload, signal) =>
          new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      },
      stop: () => Promise.resolve(void said.push('goodbye')),
      toFault,
    },
    channel,
  )
}

test('calls are answered by their numbers, unknown ones with a fault', async () => {
  const channel = new Channel()
  serve(channel)
  await channel.give('message', { kind: 'call', id: 1, method: 'double', payload: 21 })
  await channel.give('message', { kind: 'call', id: 2, method: 'halve', payload: 21 })
  expect(channel.replies).toMatchObject([
    { kind: 'done', id: 1, value: 42 },
    { kind: 'failed', id: 2, fault: { message: expect.stringContaining('halve') } },
  ])
})

test('a call that is cancelled hears of it, and so do all when the parent stops the process', async () => {
  const channel = new Channel()
  const said: string[] = []
  serve(channel, said)
  await channel.give('message', { kind: 'call', id: 1, method: 'wait', payload: undefined })
  await channel.give('message', { kind: 'call', id: 2, method: 'wait', payload: undefined })
  await channel.give('message', { kind: 'cancel', id: 1 })
  expect(channel.replies).toMatchObject([{ kind: 'failed', id: 1 }])
  await channel.give('message', { kind: 'stop' })
  expect(channel.replies).toMatchObject([{ id: 1 }, { kind: 'failed', id: 2 }])
  expect([said, channel.exits]).toEqual([['goodbye'], 1])
})

test('the process exits when its parent is gone', async () => {
  const channel = new Channel()
  serve(channel)
  await channel.give('disconnect')
  expect(channel.exits).toBe(1)
})

test('lines are dropped while the channel is full', async () => {
  const channel = new Channel()
  const say = serve(channel)
  say('one')
  channel.hasRoom = false
  say('two')
  say('three')
  channel.hasRoom = true
  await channel.give('message', { kind: 'call', id: 1, method: 'double', payload: 1 })
  say('four')
  expect(channel.replies.flatMap(reply => (reply.kind === 'line' ? [reply.text] : []))).toEqual([
    'one',
    'two',
    'four',
  ])
})
