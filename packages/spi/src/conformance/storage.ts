import { describe, expect } from 'vitest'
import { documentCases } from './storage-documents.ts'
import {
  delivery,
  entries,
  put,
  type StorageCase,
  storageCase,
  type StorageFactory,
  unlimited,
} from './storage-fixture.ts'
import { eventLogCases } from './storage-log.ts'
import { queueCases } from './storage-queue.ts'

export type { StorageFactory, StorageFixture } from './storage-fixture.ts'

/** Declares the conformance suite of the storage contract: every clause is a case, and each case has a new, empty store. */
export function storageSuite(name: string, factory: StorageFactory): void {
  const check = storageCase(factory)
  describe(`storage contract: ${name}`, () => {
    describe('event log', () => eventLogCases(check))
    describe('queue', () => queueCases(check))
    describe('documents, blobs, leases', () => documentCases(check))
    describe('store', () => storeCases(check))
  })
}

function storeCases(check: StorageCase): void {
  check('disposing twice is the same as once, and later calls reject with storage.closed', async storage => {
    await storage.log.append('a', entries(1))
    await storage[Symbol.asyncDispose]()
    await storage[Symbol.asyncDispose]()
    const closed = { code: 'storage.closed' }
    await expect(storage.log.append('a', entries(1))).rejects.toMatchObject(closed)
    await expect(storage.log.read('a', 1, unlimited)).rejects.toMatchObject(closed)
    await expect(storage.log.stat('a')).rejects.toMatchObject(closed)
    await expect(storage.queue.commit(put('q', delivery(1)))).rejects.toMatchObject(closed)
    await expect(storage.queue.stat('q')).rejects.toMatchObject(closed)
    await expect(storage.documents.get('k')).rejects.toMatchObject(closed)
    await expect(storage.documents.put('k', 1)).rejects.toMatchObject(closed)
    await expect(storage.blobs.put(Buffer.from('x'))).rejects.toMatchObject(closed)
  })

  check(
    'disposing flushes: what was relaxed is there when the store is opened again',
    async (storage, fixture) => {
      await storage.log.append('a', entries(3), 'relaxed')
      await storage.queue.commit(put('q', delivery(1)))
      const again = await fixture.reopen()
      expect((await again.log.stat('a')).next).toBe(4)
      expect((await again.queue.stat('q')).pending).toBe(1)
    },
  )

  check('writes that were called before disposing are settled before it resolves', async storage => {
    const appended = storage.log.append('a', entries(2))
    await storage[Symbol.asyncDispose]()
    expect(await appended).toBe(1)
  })
}
