import { AppError } from '@millrace/spi'
import { FakeClock } from '@millrace/spi/conformance'
import { type MemoryStorageOptions, openStorage } from '@millrace/storage-memory'
import { describe, expect, test } from 'vitest'
import type { QueueSpec } from '../resources/index.ts'
import type { QueueLimits } from './limits.ts'
import type { NewMessage, ReceivedMessage } from './message.ts'
import { account, bodyOf, noSignal, openQueues, QueueWall } from './queues.fixture.ts'
import { originIdProperty, originQueueProperty } from './mailbox.ts'

async function place(
  spec: Partial<QueueSpec> = {},
  limits: Partial<QueueLimits> = {},
  options: MemoryStorageOptions = {},
) {
  const storage = await openStorage(options)
  const clock = new FakeClock()
  const wall = new QueueWall()
  wall.put('q', spec)
  const queues = openQueues(storage, wall, clock, limits)
  const texts = (messages: readonly ReceivedMessage[]): string[] =>
    messages.map(({ body }) => Buffer.from(body).toString())
  return {
    storage,
    clock,
    wall,
    queues,
    send: (...messages: readonly (string | NewMessage)[]) =>
      queues.send(
        account,
        'q',
        messages.map(message => (typeof message === 'string' ? bodyOf(message) : message)),
      ),
    receive: (count = 1, waitMs = 0, signal = noSignal) =>
      queues.receive(account, 'q', { count, waitMs }, signal),
    take: async (count = 1, waitMs = 0) =>
      texts(await queues.receive(account, 'q', { count, waitMs }, noSignal)),
    codeOf: (call: Promise<unknown>) =>
      call.then(
        () => undefined,
        (thrown: AppError) => thrown.code,
      ),
    async [Symbol.asyncDispose]() {
      await queues[Symbol.asyncDispose]()
      await storage[Symbol.asyncDispose]()
    },
  }
}

describe('a receive that waits', () => {
  test('is answered by the next message, those who came first before the others', async () => {
    await using at = await place()
    const waiting = [at.take(1, 30_000), at.take(2, 30_000), at.take(1, 30_000)]
    await at.clock.settle()
    await at.send('a', 'b', 'c', 'd')
    expect(await Promise.all(waiting)).toEqual([['a'], ['b', 'c'], ['d']])
  })

  test('ends with nothing when its time is over', async () => {
    await using at = await place()
    const waiting = at.take(1, 2_000)
    await at.clock.advance(2_000)
    expect(await waiting).toEqual([])
  })

  test('waits as long as the queue says when it says nothing itself', async () => {
    await using at = await place({ pollingWaitMs: 5_000 })
    const waiting = at.queues.receive(account, 'q', {}, noSignal)
    await at.clock.advance(4_000)
    await at.send('a')
    expect(await waiting).toHaveLength(1)
  })

  test('wakes when a delay and when a visibility is over', async () => {
    await using at = await place({ visibilityMs: 5_000 })
    await at.send({ ...bodyOf('late'), delayMs: 3_000 })
    const first = at.take(1, 30_000)
    await at.clock.advance(3_000)
    expect(await first).toEqual(['late'])
    const second = at.receive(1, 30_000)
    await at.clock.advance(5_000)
    expect((await second)[0]?.receives).toBe(2)
  })

  test('ends when its queue is deleted', async () => {
    await using at = await place()
    const waiting = at.codeOf(at.receive(1, 30_000))
    await at.clock.settle()
    at.wall.delete('q')
    await at.queues.empty('acme/q')
    expect(await waiting).toBe('queue.not-found')
  })

  test('ends when its caller leaves, and takes nothing with it', async () => {
    await using at = await place()
    const leaving = new AbortController()
    const waiting = at.receive(1, 30_000, leaving.signal)
    await at.clock.settle()
    leaving.abort(new Error('gone'))
    await expect(waiting).rejects.toThrow('gone')
    await at.send('a')
    expect(await at.take()).toEqual(['a'])
    expect(at.clock.pending).toBe(0)
  })

  test('is answered at once when as many wait as may', async () => {
    await using at = await place({}, { waitersMax: 1 })
    const first = at.take(1, 30_000)
    expect(await at.take(1, 30_000)).toEqual([])
    await at.send('a')
    expect(await first).toEqual(['a'])
  })

  test('ends with nothing when the server begins to stop, and nobody waits from then on', async () => {
    await using at = await place()
    const waiting = at.take(1, 30_000)
    await at.clock.settle()
    at.queues.endWaiting()
    expect(await waiting).toEqual([])
    expect(await at.take(1, 30_000)).toEqual([])
    await at.send('a')
    expect(await at.take()).toEqual(['a'])
  })

  test('ends with nothing when the server stops', async () => {
    const at = await place()
    const waiting = at.take(1, 30_000)
    await at.clock.settle()
    await at[Symbol.asyncDispose]()
    expect(await waiting).toEqual([])
    expect(at.clock.pending).toBe(0)
  })
})

describe('consumers', () => {
  test('never get the same message at a time, however many there are', async () => {
    await using at = await place({}, { turnMessagesMax: 7 })
    await at.send(...Array.from({ length: 100 }, (_, index) => String(index)))
    const received = await Promise.all(Array.from({ length: 60 }, () => at.take(2)))
    expect(received.flat().sort((left, right) => Number(left) - Number(right))).toEqual(
      Array.from({ length: 100 }, (_, index) => String(index)),
    )
  })

  test('get the bytes, the properties and the id as they were sent', async () => {
    await using at = await place()
    const body = Uint8Array.from({ length: 256 }, (_, index) => index)
    const properties = { user: [{ name: 'k', value: 'ü', type: 'STRING' as const }], group: 'g' }
    const [sent] = await at.send({ body, properties, priority: 3 })
    const [received] = await at.receive()
    expect(received).toMatchObject({ properties, priority: 3, receives: 1 })
    expect(Buffer.from(received?.body ?? []).equals(body)).toBe(true)
    expect(sent).toEqual({ status: 'sent', message: { id: received?.id, handle: undefined } })
  })
})

describe('a receipt handle', () => {
  test('does not count after a change, though the time is the same again', async () => {
    await using at = await place({ visibilityMs: 30_000 })
    await at.send('a')
    const [received] = await at.receive()
    const first = received?.handle ?? ''
    const { handle } = await at.queues.changeVisibility(account, 'q', first, 30_000)
    expect((await at.queues.delete(account, 'q', [first]))[0]?.code).toBe('queue.handle-invalid')
    expect(await at.queues.delete(account, 'q', [handle])).toEqual([undefined])
  })

  test('deletes once, also within one call', async () => {
    await using at = await place()
    await at.send('a')
    const [received] = await at.receive()
    const handle = received?.handle ?? ''
    const failures = await at.queues.delete(account, 'q', [handle, handle, 'rubbish'])
    expect(failures.map(failure => failure?.code)).toEqual([
      undefined,
      'queue.message-not-found',
      'queue.handle-invalid',
    ])
  })

  test('of a message that is put off deletes it before it is due', async () => {
    await using at = await place({ delayMs: 10_000 })
    const [sent] = await at.send('a')
    const handle = sent?.status === 'sent' ? (sent.message.handle ?? '') : ''
    expect(await at.queues.delete(account, 'q', [handle])).toEqual([undefined])
    await at.clock.advance(10_000)
    expect(await at.take()).toEqual([])
  })
})

describe('the dead letter of a queue', () => {
  const deadLetter = { queue: 'dead', receivesMax: 2 }

  async function exhaust(at: Awaited<ReturnType<typeof place>>): Promise<void> {
    await at.send('poison')
    for (let receive = 0; receive < 2; receive++) {
      expect(await at.take()).toEqual(['poison'])
      await at.clock.advance(30_000)
    }
  }

  test('gets what was received as often as it may, with its origin and its age', async () => {
    await using at = await place({ deadLetter })
    at.wall.put('dead')
    const sentAtMs = at.clock.nowMs()
    await exhaust(at)
    expect(await at.take()).toEqual([])
    const [dead] = await at.queues.receive(account, 'dead', {}, noSignal)
    expect(dead).toMatchObject({ receives: 1, enqueuedAtMs: sentAtMs })
    expect(dead?.properties.system?.map(({ name }) => name)).toEqual([originQueueProperty, originIdProperty])
    expect(await at.queues.stats(account, 'q')).toMatchObject({ active: 0, inactive: 0, delayed: 0 })
  })

  test('that is not there leaves the message where it is', async () => {
    await using at = await place({ deadLetter })
    await exhaust(at)
    expect(await at.take()).toEqual(['poison'])
  })

  test('that refuses the message is tried again', async () => {
    await using at = await place({ deadLetter }, { moveRetryMs: 1_000 })
    at.wall.put('dead', { messageBytesMax: 3 })
    await exhaust(at)
    expect(await at.take()).toEqual([])
    at.wall.put('dead')
    await at.clock.advance(1_000)
    expect(await at.queues.receive(account, 'dead', {}, noSignal)).toHaveLength(1)
  })
})

describe('limits', () => {
  test('what does not fit is refused, message by message', async () => {
    await using at = await place({ messageBytesMax: 1_024 })
    const outcomes = await at.send(
      { body: Buffer.alloc(1_025) },
      { ...bodyOf('a'), priority: 17 },
      { ...bodyOf('a'), delayMs: -1 },
      { ...bodyOf('a'), properties: { user: [{ name: 'x', value: 'y'.repeat(1_020), type: 'STRING' }] } },
      'fits',
    )
    expect(
      outcomes.map(outcome => (outcome.status === 'refused' ? outcome.error.code : outcome.status)),
    ).toEqual([
      'queue.message-too-large',
      'queue.message-invalid',
      'queue.message-invalid',
      'queue.message-too-large',
      'sent',
    ])
    expect(await at.codeOf(at.receive(101))).toBe('queue.message-invalid')
    expect(await at.codeOf(at.receive(1, 30_001))).toBe('queue.message-invalid')
    expect(await at.codeOf(at.queues.peek(account, 'gone', 1))).toBe('queue.not-found')
  })

  test('a full queue refuses, and takes messages again once the oldest are deleted', async () => {
    await using at = await place({ bytesMax: 100_000, messageBytesMax: 100_000 })
    const half = { body: Buffer.alloc(49_000) }
    await at.send(half, half)
    expect(await at.codeOf(at.send(half))).toBe('queue.full')
    const [oldest] = await at.receive()
    await at.queues.delete(account, 'q', [oldest?.handle ?? ''])
    expect(await at.codeOf(at.send(half))).toBeUndefined()
  })

  test('a backlog of waiting messages is refused instead of kept in memory', async () => {
    await using at = await place({}, { waitingBytesMax: 10, operationsMax: 3 })
    const first = at.send('12345678')
    expect(await at.codeOf(at.send('12345678'))).toBe('queue.busy')
    await first
    expect(await at.codeOf(at.send('12345678'))).toBeUndefined()
  })

  test('old messages go, and the log with them', async () => {
    await using at = await place({ retentionMs: 60_000 })
    await at.send('a', 'b')
    await at.clock.advance(30_000)
    await at.send('c')
    await at.clock.advance(30_000)
    expect(await at.queues.stats(account, 'q')).toMatchObject({ active: 1 })
    expect((await at.storage.log.stat('acme/$queue.q')).first).toBe(3)
    await at.queues.start()
    await at.clock.advance(60_000)
    expect((await at.storage.log.stat('acme/$queue.q')).bytes).toBe(0)
  })
})

test('what all queues hold is counted, by state', async () => {
  await using at = await place()
  at.wall.put('empty')
  await at.send('a', 'b', { ...bodyOf('c'), delayMs: 1_000 })
  await at.receive()
  expect(await at.queues.counts()).toEqual([
    ['acme/q', { active: 1, inactive: 1, delayed: 1 }],
    ['acme/empty', { active: 0, inactive: 0, delayed: 0 }],
  ])
})

describe('what goes wrong', () => {
  test('a crash in the middle of a send keeps all of it or nothing, and the queue goes on', async () => {
    for (let kept = 0; kept <= 2; kept++) {
      const storage = await openStorage({ autoSync: false })
      const wall = new QueueWall()
      wall.put('q')
      const clock = new FakeClock()
      const queues = openQueues(storage, wall, clock)
      void queues.send(account, 'q', [bodyOf('a'), bodyOf('b')]).catch(() => {})
      await clock.settle()
      const left = storage.crash(Math.min(kept, storage.pendingWrites), { autoSync: true })
      const next = openQueues(left, wall, clock)
      await next.send(account, 'q', [bodyOf('c')])
      const received = await next.receive(account, 'q', { count: 10 }, noSignal)
      expect(received.map(({ body }) => Buffer.from(body).toString())).toEqual(
        kept === 2 ? ['a', 'b', 'c'] : ['c'],
      )
      await next[Symbol.asyncDispose]()
    }
  })

  test('a message that the log refuses leaves nothing behind, and others in its turn are not harmed', async () => {
    let isRefusing = false
    await using at = await place(
      {},
      {},
      {
        beforeWrite: kind => {
          if (isRefusing && kind === 'append') throw new AppError('storage.full', 'no room')
        },
      },
    )
    await at.send('a', 'z')
    const [received] = await at.receive()
    isRefusing = true
    const [sent, deleted, next] = await Promise.all([
      at.codeOf(at.send('b')),
      at.queues.delete(account, 'q', [received?.handle ?? '']),
      at.take(),
    ])
    expect([sent, deleted, next]).toEqual(['storage.full', [undefined], ['z']])
    isRefusing = false
    expect(await at.queues.stats(account, 'q')).toMatchObject({ active: 0, inactive: 1 })
    await at.send('c')
    expect(await at.take(5)).toEqual(['c'])
  })

  test('a queue that is made anew has none of the old messages, and other ids', async () => {
    await using at = await place()
    const [before] = await at.send('a')
    at.wall.delete('q')
    await at.queues.empty('acme/q')
    at.wall.put('q', {}, 2)
    expect(await at.take()).toEqual([])
    const [after] = await at.send('a')
    expect(before?.status === 'sent' && after?.status === 'sent').toBe(true)
    if (before?.status === 'sent' && after?.status === 'sent') {
      expect(after.message.id.slice(0, 16)).not.toBe(before.message.id.slice(0, 16))
    }
  })
})
