import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { main, type Terminal } from '@millrace/cli'
import picocolors from 'picocolors'
import { expect, test } from 'vitest'
import { ServerProcess } from '../../../tools/process/index.ts'

/** A terminal that keeps what a command writes. */
function keepingTerminal(environment: Record<string, string>): { terminal: Terminal; written: () => string } {
  let text = ''
  const keep = (part: string): void => {
    text += part
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

test('a guest who arrives is greeted by the function', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-hello-'))
  try {
    await using server = await ServerProcess.prepare(folder)
    await server.start()
    const { terminal, written } = keepingTerminal(server.credentials)
    const applied = await main(['apply', join(import.meta.dirname, '..'), '--url', server.url], terminal)
    expect(applied, written()).toBe(0)
    const client = server.client()
    await client.events.publish('greetings', {
      source: '/door',
      type: 'guest.arrived',
      data: { name: 'Ada' },
    })
    await client.events.publish('greetings', { source: '/door', type: 'guest.left', data: { name: 'Ada' } })
    await expect
      .poll(async () => (await client.functionLogs('greet')).map(({ text }) => text), { timeout: 30_000 })
      .toEqual([expect.stringContaining('Welcome, Ada!')])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
