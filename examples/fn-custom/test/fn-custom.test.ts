import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { expect, test } from 'vitest'
import { firstEvent, logTexts, startExampleServer } from '../../testing.ts'

const folders = (process.env['PATH'] ?? '').split(delimiter)
const hasPerl = folders.some(folder => existsSync(join(folder, 'perl')))

test.skipIf(!hasPerl)(
  `an event reaches shell scripts, and one that they refuse the dead letters${hasPerl ? '' : ' (needs perl: it listens for the scripts)'}`,
  async () => {
    await using server = await startExampleServer()
    await server.millrace('apply', join(import.meta.dirname, '..'))
    const { client } = server
    expect(Buffer.from(await client.invoke('wordcount', 'one two')).toString()).toBe('{"words":2}')
    const threeWords = { source: '/pen', type: 'text.written', data: { text: 'one two three' } }
    await client.events.publish('texts', threeWords)
    await expect
      .poll(() => logTexts(client, 'wordcount'), { timeout: 30_000 })
      .toContainEqual(expect.stringContaining('counted 3 words'))
    await client.events.publish('texts', { source: '/pen', type: 'text.written', data: { text: ' ' } })
    expect(await firstEvent(client, 'unread')).toMatchObject({ data: { text: ' ' } })
  },
)
