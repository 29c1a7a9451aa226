import { join } from 'node:path'
import { runtime } from '@millrace/runtime-python'
import { expect, test } from 'vitest'
import { firstEvent, logTexts, startExampleServer } from '../../testing.ts'

const searchPath = process.env['PATH'] ?? ''
const [python] = await runtime.detect({ searchPath }, new AbortController().signal)
const skipped = python === undefined ? ' (needs python3: it runs the function)' : ''

test.skipIf(python === undefined)(
  `a review is scored with the words of the layer, and an asynchronous call tells a bus${skipped}`,
  async () => {
    await using server = await startExampleServer()
    await server.millrace('apply', join(import.meta.dirname, '..'))
    const { client } = server
    await client.events.publish('reviews', {
      source: '/shop',
      type: 'review.written',
      data: { id: 'r1', text: 'Great people, slow delivery, fine coffee.' },
    })
    await expect
      .poll(() => logTexts(client, 'score'), { timeout: 30_000 })
      .toContainEqual(expect.stringContaining('review r1 scores 1'))

    const review = JSON.stringify({ id: 'r2', text: 'Rude, and late!' })
    await server.millrace('fn', 'invoke', 'score', '--async', '--event', review)

    const outcome = await firstEvent(client, 'scores')
    expect(outcome).toMatchObject({ type: 'fc:AsyncInvoke:succeeded', data: { requestPayload: review } })
    const { responsePayload } = outcome['data'] as { responsePayload: string }
    expect(JSON.parse(responsePayload)).toEqual({ review: 'r2', score: -2 })
  },
)
