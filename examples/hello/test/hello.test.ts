import { join } from 'node:path'
import { expect, test } from 'vitest'
import { logTexts, startExampleServer } from '../../testing.ts'

test('a guest who arrives is greeted by the function', async () => {
  await using server = await startExampleServer()
  await server.millrace('apply', join(import.meta.dirname, '..'))
  const { client } = server
  await client.events.publish('greetings', {
    source: '/door',
    type: 'guest.arrived',
    data: { name: 'Ada' },
  })
  await client.events.publish('greetings', { source: '/door', type: 'guest.left', data: { name: 'Ada' } })
  await expect
    .poll(async () => (await logTexts(client, 'greet')).filter(isGreeting), { timeout: 30_000 })
    .toEqual([expect.stringContaining('Welcome, Ada!')])
})

/** The sandbox may have something to say besides. */
function isGreeting(text: string): boolean {
  return text.includes('Welcome')
}
