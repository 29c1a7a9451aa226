import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { printed, startExampleServer } from '../../testing.ts'

test('tickets are handled, and one that is no JSON waits in the other queue with the reason', async () => {
  await using server = await startExampleServer()
  const { client, settings } = server
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value)
  await server.millrace('apply', join(import.meta.dirname, '..'))
  await client.queues.send('example-tickets', [
    { body: '{"ticket":7,"text":"no coffee"}' },
    { body: 'help!' },
    { body: '{"ticket":8,"text":"no tea"}' },
  ])
  await expect
    .poll(() => printed(client, 'handle'), { timeout: 60_000 })
    .toEqual(['ticket 7: no coffee', 'ticket 8: no tea'])
  const [unhandled] = await client.queues.receive('example-unhandled', { waitMs: 20_000 })
  expect(JSON.parse(unhandled?.body ?? '')).toMatchObject({ deadlettercode: 'record.malformed' })
  vi.unstubAllEnvs()
})
