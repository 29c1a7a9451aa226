import { existsSync } from 'node:fs'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { main, type Terminal } from '@millrace/cli'
import picocolors from 'picocolors'
import { expect, test } from 'vitest'
import { ServerProcess } from '../../../tools/process/index.ts'

const folders = (process.env['PATH'] ?? '').split(delimiter)
const hasPerl = folders.some(folder => existsSync(join(folder, 'perl')))

/** A terminal that keeps what a command writes. */
function keepingTerminal(environment: Record<string, string>): { terminal: Terminal; written: () => string } {
  let text = ''
  const keep = (part: string | Uint8Array): void => {
    text += String(part)
  }
  const terminal: Terminal = {
    out: keep,
    error: keep,
    colors: { ...picocolors.createColors(false), createColors: picocolors.createColors },
    isInteractive: false,
    environment,
    readInput: () => Promise.resolve(new Uint8Array()),
    interrupted: () => new AbortController().signal,
  }
  return { terminal, written: () => text }
}

test.skipIf(!hasPerl)(
  `an event reaches shell scripts, and one that they refuse the dead letters${hasPerl ? '' : ' (needs perl: it listens for the scripts)'}`,
  async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'millrace-fn-custom-'))
    await using server = await ServerProcess.prepare(folder.path)
    await server.start()
    const { terminal, written } = keepingTerminal(server.credentials)
    const applied = await main(['apply', join(import.meta.dirname, '..'), '--url', server.url], terminal)
    expect(applied, written()).toBe(0)
    const client = server.client()
    expect(Buffer.from(await client.invoke('wordcount', 'one two')).toString()).toBe('{"words":2}')
    const written3 = { source: '/pen', type: 'text.written', data: { text: 'one two three' } }
    await client.events.publish('texts', written3)
    await expect
      .poll(async () => (await client.functionLogs('wordcount')).map(({ text }) => text), { timeout: 30_000 })
      .toContainEqual(expect.stringContaining('counted 3 words'))
    await client.events.publish('texts', { source: '/pen', type: 'text.written', data: { text: ' ' } })
    for await (const { event } of client.events.tail('unread', {
      from: 1,
      signal: AbortSignal.timeout(30_000),
    })) {
      expect(event).toMatchObject({ data: { text: ' ' } })
      break
    }
  },
)
