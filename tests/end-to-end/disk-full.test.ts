import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Client, MillraceError } from '@millrace/sdk'
import { describe, expect, onTestFinished, test } from 'vitest'
import { runCommand } from '../../tools/process/index.ts'
import { patienceMs, testLimitMs } from './command.ts'
import { runningServer, temporaryFolder } from './place.ts'
import { Receiver } from './receiver.ts'

const wait = { timeout: patienceMs, interval: 250 }

/** Size of the small disk, and of the larger one that it becomes, in MiB. */
const smallMiB = 40
const largeMiB = 120

const padding = 'x'.repeat(30_000)

/** Mounts a file system in memory, of a size of its own, which is gone when the test has ended; undefined where that is not allowed. */
async function mountSmallDisk(): Promise<string | undefined> {
  const folder = join(await temporaryFolder(), 'disk')
  await mkdir(folder)
  if (!(await isMounted(folder, ['-t', 'tmpfs', '-o', `size=${smallMiB}m`, 'tmpfs']))) return undefined
  onTestFinished(async () => void (await runCommand('umount', ['--lazy', folder], { folder: '/' })))
  return folder
}

async function isMounted(folder: string, options: readonly string[]): Promise<boolean> {
  return (await runCommand('mount', [...options, folder], { folder: '/' })).status === 0
}

/** Publishes until the server refuses; what was acknowledged goes into the ledger, position → id. */
async function publishUntilRefused(client: Client, ledger: Map<number, string>): Promise<MillraceError> {
  for (let turn = 0; turn < 10_000; turn++) {
    const id = `e${ledger.size + 1}`
    try {
      const event = { id, source: '/test', type: 'load', data: { padding } }
      const { position } = await client.events.publish('full', event)
      ledger.set(position, id)
    } catch (thrown) {
      if (thrown instanceof MillraceError) return thrown
      throw thrown
    }
  }
  throw new Error('the disk did not fill up')
}

/** What the log holds, position → id, read page by page; each event must be whole. */
async function stored(client: Client): Promise<Map<number, string>> {
  const found = new Map<number, string>()
  const { next } = (await client.buses.status('full')) as { next: number }
  for (let from = 1; from < next; ) {
    const { items } = await client.events.list('full', { from, limit: 50 })
    for (const { position, event } of items) {
      expect((event['data'] as { padding: string }).padding).toBe(padding)
      found.set(position, String(event['id']))
      from = position + 1
    }
    if (items.length === 0) break
  }
  return found
}

const takes = (client: Client): Promise<string> =>
  client.events.publish('full', { id: 'after', source: '/test', type: 'load', data: { padding } }).then(
    () => 'taken',
    (thrown: unknown) => (thrown instanceof MillraceError ? thrown.code : String(thrown)),
  )

describe('a full disk', { timeout: testLimitMs }, () => {
  test('is told to the producer, leaves what is stored intact, and is over as soon as there is room', async ({
    skip,
  }) => {
    const folder = await mountSmallDisk()
    if (folder === undefined) return skip('needs root: a small file system is mounted for it')
    const receiver = await Receiver.start()
    const server = await runningServer(folder)
    const client = server.client()
    await client.buses.put('full', { dedupWindowMs: 600_000 })
    const sink = { connector: 'http', options: { url: `${receiver.url}/all` } }
    await client
      .rules('full')
      .put('all', { pattern: {}, targets: [{ id: 't', sink, concurrencyMax: 4, paused: true }] })
    const ledger = new Map<number, string>()

    const refusal = await publishUntilRefused(client, ledger)

    expect([429, 507]).toContain(refusal.status)
    expect(['storage.full', 'bus.log-full']).toContain(refusal.code)
    expect(refusal.message).toMatch(/\d/)
    expect(ledger.size).toBeGreaterThan(100)
    expect(await client.isReady()).toBe(true)
    expect(await stored(client)).toEqual(ledger)

    await server.kill()
    await server.start()
    expect(await stored(client)).toEqual(ledger)
    expect(await takes(client)).toBe(refusal.code)

    expect(await isMounted(folder, ['-o', `remount,size=${largeMiB}m`])).toBe(true)

    await expect.poll(() => takes(client), wait).toBe('taken')
    await client.rules('full').put('all', { pattern: {}, targets: [{ id: 't', sink, concurrencyMax: 4 }] })
    const ids = [...ledger.values(), 'after'].sort()
    await expect.poll(() => [...new Set(receiver.idsAt('/all'))], wait).toEqual(ids)
  })
})
