import { cp, mkdir, mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { main, type Terminal } from '@millrace/cli'
import picocolors from 'picocolors'
import { expect, test } from 'vitest'
import { buildGo, go } from '../../../tools/go/index.ts'
import { ServerProcess } from '../../../tools/process/index.ts'

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

test.skipIf(go === undefined)(
  `an order reaches the function in Go, and one that it refuses the dead letters${go === undefined ? ' (needs go: the function is built)' : ''}`,
  async () => {
    const example = join(import.meta.dirname, '..')
    await using folder = await mkdtempDisposable(join(tmpdir(), 'millrace-fn-go-'))
    const wiring = join(folder.path, 'wiring')
    const build = join(wiring, 'functions/total/build')
    await mkdir(build, { recursive: true })
    await cp(join(example, 'millrace.config.yaml'), join(wiring, 'millrace.config.yaml'))
    await cp(await buildGo(join(example, 'functions/total')), join(build, 'main'))
    await using server = await ServerProcess.prepare(join(folder.path, 'data'))
    await server.start()
    const { terminal, written } = keepingTerminal(server.credentials)
    expect(await main(['apply', wiring, '--url', server.url], terminal), written()).toBe(0)
    const client = server.client()
    const placed = (data: unknown) => ({ source: '/shop', type: 'order.placed', data })
    await client.events.publish('orders', placed({ id: 'a1', items: [{ price: 7, amount: 6 }] }))
    await expect
      .poll(async () => (await client.functionLogs('total')).map(({ text }) => text), { timeout: 30_000 })
      .toContainEqual(expect.stringContaining('order a1 costs 42'))
    await client.events.publish('orders', placed({ id: 'a2', items: [] }))
    const unpriced = client.events.tail('unpriced', { from: 1, signal: AbortSignal.timeout(30_000) })
    for await (const { event } of unpriced) {
      expect(event).toMatchObject({ data: { id: 'a2' } })
      break
    }
  },
  300_000,
)
