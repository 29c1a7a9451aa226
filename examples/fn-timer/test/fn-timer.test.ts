import { join } from 'node:path'
import { expect, test } from 'vitest'
import { firstEvent, logTexts, startExampleServer } from '../../testing.ts'

test('what a function measures when its timer fires is an event that another function gets', async () => {
  await using server = await startExampleServer()
  await server.millrace('apply', join(import.meta.dirname, '..'))
  const { client } = server
  const reading = await firstEvent(client, 'readings')
  expect(reading).toMatchObject({ source: 'acs:fc', type: 'fc:AsyncInvoke:succeeded' })
  const { responsePayload } = reading['data'] as { responsePayload: string }
  const { at } = JSON.parse(responsePayload) as { at: string }
  await expect
    .poll(() => logTexts(client, 'watch'), { timeout: 30_000 })
    .toContainEqual(expect.stringContaining(`at ${at}, by timer second`))
  // And it goes on: a timer is no single shot.
  await expect
    .poll(async () => (await logTexts(client, 'watch')).length, { timeout: 30_000 })
    .toBeGreaterThan(2)
})
