import { EventEmitter } from 'node:events'
import { SourceHost } from '@millrace/spi/conformance'
import type { Channel, ChannelModel } from 'amqplib'
import { expect, test } from 'vitest'
import { Session } from './session.ts'

/** A session over a connection that does nothing but tell its end. */
function openSession(): { session: Session; connection: EventEmitter } {
  const channel = new EventEmitter() as Channel
  const connection = Object.assign(new EventEmitter(), { connection: {}, close: () => Promise.resolve() })
  const session = new Session(
    connection as unknown as ChannelModel,
    channel,
    'the RabbitMQ server mq:5672',
    new SourceHost().context,
    'sink',
  )
  return { session, connection }
}

test('whoever listens is told the end once, with the reason', async () => {
  const { session, connection } = openSession()
  const told: Error[] = []
  session.onEnd(reason => told.push(reason))
  connection.emit('close')
  connection.emit('close')
  expect(told).toMatchObject([{ code: 'sink.unavailable' }])
  expect(session.ended).toBe(told[0])
  await session.close()
})

test('a listener that was taken back hears nothing: messages that are confirmed leave nothing behind', async () => {
  const { session, connection } = openSession()
  const told: string[] = []
  const confirmed = session.onEnd(() => told.push('confirmed'))
  session.onEnd(() => told.push('under way'))
  confirmed[Symbol.dispose]()
  connection.emit('close')
  expect(told).toEqual(['under way'])
  await session.close()
})

test('a listener that comes after the end is told at once', async () => {
  const { session, connection } = openSession()
  connection.emit('close')
  const told: string[] = []
  session.onEnd(({ message }) => told.push(message))
  expect(told).toEqual([expect.stringContaining('mq:5672')])
  await session.close()
})
