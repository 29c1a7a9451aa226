import { AppError, type OutgoingRecord, retryBackoff, retryNever } from '@millrace/spi'
import { expect, test } from 'vitest'
import type { NewMessage, Queues, SendOutcome } from '../queues/index.ts'
import { QueueSink } from './queue-sink.ts'
import { TopicSink } from './topic-sink.ts'

const signal = new AbortController().signal

function record(body: string, parameters: Record<string, string> = {}): OutgoingRecord {
  const named = { id: '1', source: 's', type: 't', attempt: 1, contentType: undefined, parameters }
  return { ...named, event: Buffer.from('{}'), body: Buffer.from(body) }
}

/** A queue that takes everything, or answers as told. */
function queueThat(
  answer: (message: NewMessage) => SendOutcome,
): Pick<Queues, 'send'> & { taken: NewMessage[] } {
  const taken: NewMessage[] = []
  return {
    taken,
    send: async (_account, _queue, messages) => {
      taken.push(...messages)
      return messages.map(answer)
    },
  }
}

const sent: SendOutcome = { status: 'sent', message: { id: 'm1', handle: undefined } }

test('a record becomes a message, as it is or as base64, with what a topic passes on beside it', async () => {
  const queue = queueThat(() => sent)
  const properties = JSON.stringify([{ name: 'k', value: 'v', type: 'STRING' }])
  await using plain = new QueueSink(queue, '1', 'q', false)
  await using encoded = new QueueSink(queue, '1', 'q', true)

  expect(await plain.write([record('a'), record('b', { properties })], signal)).toEqual([
    { status: 'ok', detail: 'm1' },
    { status: 'ok', detail: 'm1' },
  ])
  await encoded.write([record('c')], signal)
  expect(queue.taken.map(({ body }) => Buffer.from(body).toString())).toEqual(['a', 'b', 'Yw=='])
  expect(queue.taken[1]?.properties).toEqual({ user: [{ name: 'k', value: 'v', type: 'STRING' }] })
})

test('what the queue refuses is an outcome with its verdict, and so is a queue that is gone', async () => {
  const tooLarge = new AppError('queue.message-too-large', 'too large', retryNever)
  const gone = new AppError('queue.not-found', 'gone', retryBackoff)
  await using refusing = new QueueSink(
    queueThat(() => ({ status: 'refused', error: tooLarge })),
    '1',
    'q',
    false,
  )
  await using missing = new QueueSink({ send: () => Promise.reject(gone) }, '1', 'q', false)
  await using topic = new TopicSink({ publish: () => Promise.reject(gone) }, '1', 't', false)

  expect(await refusing.write([record('a')], signal)).toEqual([{ status: 'failed', error: tooLarge }])
  expect(await missing.write([record('a')], signal)).toEqual([{ status: 'failed', error: gone }])
  expect(await topic.write([record('a')], signal)).toEqual([{ status: 'failed', error: gone }])
})
