import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Storage } from '@millrace/spi'
import { expect, test } from 'vitest'
import { type LmdbStorageOptions, openStorage } from '../src/index.ts'

const unlimited = { entriesMax: 100_000, bytesMax: 1_000_000_000 }

async function withStore(
  options: Partial<LmdbStorageOptions>,
  run: (storage: Storage, path: string) => Promise<void>,
): Promise<void> {
  const path = await mkdtemp(join(tmpdir(), 'millrace-limits-'))
  try {
    await using storage = await openStorage({ ...options, path })
    await run(storage, path)
  } finally {
    await rm(path, { recursive: true, force: true })
  }
}

/** Appends until it is refused; returns how often it was not, and the code of the refusal. */
async function fill(storage: Storage, bytes: number): Promise<{ appends: number; code: string }> {
  for (let appends = 0; appends < 10_000; appends++) {
    try {
      await storage.log.append('log', [{ bytes: new Uint8Array(bytes), acceptedAtMs: 1 }])
    } catch (error) {
      return { appends, code: (error as { code: string }).code }
    }
  }
  return { appends: 10_000, code: 'never' }
}

test('above bytesMax appends are refused, commits go on, and a trim makes room again, many times over', async () => {
  await withStore({ bytesMax: 4_000_000 }, async (storage, path) => {
    for (let round = 0; round < 6; round++) {
      const { appends, code } = await fill(storage, 50_000)
      expect(code).toBe('storage.full')
      expect(appends).toBeGreaterThan(40)
      const delivery = { position: round + 1, attempts: 0, dueAtMs: 0, enqueuedAtMs: 1, lane: undefined }
      await storage.queue.commit({ put: [{ queue: 'q', delivery }] })
      await storage.log.trim('log', Number.POSITIVE_INFINITY)
    }
    expect((await storage.queue.stat('q')).pending).toBe(6)
    const [number = ''] = await readdir(join(path, 'logs'))
    expect(await readdir(join(path, 'logs', number)), 'the files of a trimmed log are gone').toEqual([])
  })
})

test('a refused append leaves the log as it was', async () => {
  await withStore({ bytesMax: 1_000_000 }, async storage => {
    await storage.log.append('log', [{ bytes: Buffer.from('kept'), acceptedAtMs: 1 }])
    await expect(
      storage.log.append('log', [
        { bytes: Buffer.from('first of two'), acceptedAtMs: 1 },
        { bytes: new Uint8Array(2_000_000), acceptedAtMs: 1 },
      ]),
    ).rejects.toMatchObject({ code: 'storage.full', retry: { kind: 'backoff' } })
    expect(await storage.log.stat('log')).toEqual({ first: 1, next: 2, bytes: 4 })
    expect(await storage.log.append('log', [{ bytes: Buffer.from('next'), acceptedAtMs: 1 }])).toBe(2)
  })
})

test('a large append that finds no room does not take those beside it with it', async () => {
  await withStore({ bytesMax: 1_000_000 }, async storage => {
    const small = { bytes: Buffer.from('small'), acceptedAtMs: 1 }
    const outcomes = await Promise.allSettled([
      storage.log.append('log', [small]),
      storage.log.append('log', [{ bytes: new Uint8Array(2_000_000), acceptedAtMs: 1 }]),
      storage.log.append('log', [small]),
    ])
    expect(outcomes.map(outcome => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect((await storage.log.stat('log')).next).toBe(3)
  })
})

test('more waiting bytes than pendingBytesMax are refused with storage.busy, and nothing of them is written', async () => {
  await withStore({ pendingBytesMax: 100_000 }, async storage => {
    const entry = { bytes: new Uint8Array(40_000), acceptedAtMs: 1 }
    const outcomes = await Promise.allSettled(
      Array.from({ length: 5 }, () => storage.log.append('log', [entry])),
    )
    const codes = outcomes.map(outcome =>
      outcome.status === 'fulfilled' ? 'ok' : (outcome.reason as { code: string }).code,
    )
    expect(codes).toEqual(['ok', 'ok', 'storage.busy', 'storage.busy', 'storage.busy'])
    expect((await storage.log.stat('log')).next).toBe(3)
    expect(await storage.log.append('log', [entry])).toBe(3)
  })
})

test('a folder that is open is refused with storage.in-use, and free again once it is closed', async () => {
  await withStore({}, async (storage, path) => {
    await expect(openStorage({ path })).rejects.toMatchObject({ code: 'storage.in-use' })
    await storage[Symbol.asyncDispose]()
    await using again = await openStorage({ path })
    expect((await again.log.stat('log')).next).toBe(1)
  })
})

test('bytes that changed on the disk are storage.corrupt, with log and position, and the rest can be read', async () => {
  await withStore({}, async (storage, path) => {
    const texts = ['unharmed', 'to be damaged', 'also unharmed']
    for (const text of texts)
      await storage.log.append('log', [{ bytes: Buffer.from(text.padEnd(9_000, '.')), acceptedAtMs: 1 }])
    await storage[Symbol.asyncDispose]()
    const [number = ''] = await readdir(join(path, 'logs'))
    const [name = ''] = await readdir(join(path, 'logs', number))
    const file = join(path, 'logs', number, name)
    const bytes = await readFile(file)
    bytes[bytes.indexOf('to be damaged')] = 0
    await writeFile(file, bytes)
    await using again = await openStorage({ path })
    const corrupt = { code: 'storage.corrupt', details: { log: 'log', position: 2 } }
    await expect(again.log.get('log', [2])).rejects.toMatchObject(corrupt)
    await expect(again.log.read('log', 1, unlimited)).rejects.toMatchObject(corrupt)
    expect((await again.log.get('log', [1, 3])).map(entry => entry?.position)).toEqual([1, 3])
  })
})

test('files of blobs without a row, as a crash may leave them, are removed at the next open', async () => {
  await withStore({}, async (storage, path) => {
    const name = await storage.blobs.put(Buffer.from('kept'))
    await storage[Symbol.asyncDispose]()
    await writeFile(join(path, 'blobs', 'f'.repeat(64)), 'of no row')
    await writeFile(join(path, 'blobs', `${'e'.repeat(64)}.new`), 'half')
    await using again = await openStorage({ path })
    expect(await again.blobs.list()).toEqual([name])
    expect(await readdir(join(path, 'blobs'))).toEqual([name])
  })
})

test('trimming and dropping what takes several transactions is complete', async () => {
  await withStore({}, async storage => {
    const entry = { bytes: Buffer.from('x'), acceptedAtMs: 1 }
    for (let index = 0; index < 30; index++) {
      // Times too far apart for one block: each entry gets its own.
      const entries = Array.from({ length: 100 }, (_, at) => ({ ...entry, acceptedAtMs: (at % 2) * 1e12 }))
      await storage.log.append('log', entries)
    }
    await storage.log.trim('log', 2_950)
    expect((await storage.log.stat('log')).first).toBeLessThanOrEqual(2_950)
    expect((await storage.log.stat('log')).first).toBeGreaterThan(2_900)
    await storage.log.trim('log', Number.POSITIVE_INFINITY)
    expect(await storage.log.stat('log')).toEqual({ first: 3_001, next: 3_001, bytes: 0 })
    const put = Array.from({ length: 25_000 }, (_, index) => ({
      queue: 'q',
      delivery: {
        position: index + 1,
        attempts: 1,
        dueAtMs: index % 3,
        enqueuedAtMs: 1,
        lane: index % 5 === 0 ? `lane ${index % 7}` : undefined,
      },
    }))
    await storage.queue.commit({ put })
    expect((await storage.queue.stat('q')).pending).toBe(25_000)
    await storage.queue.drop('q', [])
    await storage.queue.commit({ put: put.slice(0, 1) })
    expect(await storage.queue.stat('q')).toEqual({ pending: 1, oldestPosition: 1, nextDueAtMs: undefined })
    expect(await storage.queue.lanes('q', 10)).toEqual(['lane 0'])
  })
})
