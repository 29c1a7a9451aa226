import { expect, test } from 'vitest'
import { readServerSentEvents } from './server-sent-events.ts'

function streamOf(...chunks: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk))
      controller.close()
    },
  })
}

test('events split anywhere between chunks come out whole, heartbeats not at all', async () => {
  const text = ': beat\n\nid: 7\nevent: bus\ndata: {"a":1}\n\nid: 8\ndata: one\ndata: two\n\n'
  const whole = await Array.fromAsync(readServerSentEvents(streamOf(text)))
  expect(whole).toEqual([
    { id: '7', event: 'bus', data: '{"a":1}' },
    { id: '8', event: 'message', data: 'one\ntwo' },
  ])
  expect(await Array.fromAsync(readServerSentEvents(streamOf(...text.split(''))))).toEqual(whole)
})

test('an unfinished last event is not given out', async () => {
  expect(await Array.fromAsync(readServerSentEvents(streamOf('id: 1\ndata: cut')))).toEqual([])
})
