import { expect } from 'vitest'
import type { Document } from '../storage.ts'
import { documentBytesMax, storageKeyBytesMax } from '../storage-local.ts'
import type { StorageCase } from './storage-fixture.ts'

/** Cases of the `Documents`, `Blobs` and `Leases` ports. */
export function documentCases(check: StorageCase): void {
  revisionCases(check)
  listCases(check)
  watchCases(check)
  blobCases(check)
  leaseCases(check)
}

function revisionCases(check: StorageCase): void {
  check('a document starts at revision 1 and gains one with each change', async ({ documents }, fixture) => {
    expect(await documents.get('a/b')).toBeUndefined()
    expect(await documents.put('a/b', { x: [1, 'é', null] })).toBe(1)
    expect(await documents.put('a/b', 'two')).toBe(2)
    expect(await documents.get('a/b')).toEqual({ key: 'a/b', value: 'two', revision: 2 })
    const again = await fixture.reopen()
    expect(await again.documents.get('a/b')).toEqual({ key: 'a/b', value: 'two', revision: 2 })
  })

  check(
    'put with an expected revision demands it; 0 demands that there is no document',
    async ({ documents }) => {
      expect(await documents.put('k', 1, 0)).toBe(1)
      await expect(documents.put('k', 2, 0)).rejects.toMatchObject({ code: 'storage.conflict' })
      await expect(documents.put('k', 2, 5)).rejects.toMatchObject({ code: 'storage.conflict' })
      expect(await documents.put('k', 2, 1)).toBe(2)
      await expect(documents.put('new', 1, 1)).rejects.toMatchObject({ code: 'storage.conflict' })
      expect((await documents.get('k'))?.value).toBe(2)
    },
  )

  check('of puts under way together that expect the same revision one wins', async ({ documents }) => {
    const outcomes = await Promise.allSettled([1, 2, 3].map(value => documents.put('k', value, 0)))
    expect(outcomes.map(outcome => outcome.status)).toEqual(['fulfilled', 'rejected', 'rejected'])
    expect(await documents.get('k')).toEqual({ key: 'k', value: 1, revision: 1 })
  })

  check(
    'delete removes, demands an expected revision, and passes over what is not there',
    async ({ documents }) => {
      await documents.put('k', 1)
      await expect(documents.delete('k', 2)).rejects.toMatchObject({ code: 'storage.conflict' })
      await documents.delete('k', 1)
      expect(await documents.get('k')).toBeUndefined()
      await documents.delete('k')
      expect(await documents.put('k', 1, 0)).toBe(1)
    },
  )

  check('values are kept as they were when they were put', async ({ documents }) => {
    const value = { list: [1] }
    const done = documents.put('k', value)
    value.list.push(2)
    await done
    const read = (await documents.get('k')) as Document & { value: { list: number[] } }
    expect(read.value).toEqual({ list: [1] })
    read.value.list.push(3)
    expect((await documents.get('k'))?.value).toEqual({ list: [1] })
  })

  check('keys and values beyond their limits are refused', async ({ documents }) => {
    await documents.put('k'.repeat(storageKeyBytesMax), 'x'.repeat(documentBytesMax - 2))
    const invalid = { code: 'storage.invalid' }
    await expect(documents.put('k'.repeat(storageKeyBytesMax + 1), 1)).rejects.toMatchObject(invalid)
    await expect(documents.put('', 1)).rejects.toMatchObject(invalid)
    await expect(documents.put('k', 'x'.repeat(documentBytesMax))).rejects.toMatchObject(invalid)
    await expect(documents.put('k', undefined)).rejects.toMatchObject(invalid)
  })
}

function listCases(check: StorageCase): void {
  check(
    'list gives the documents under a prefix in key order, above after, up to the limit',
    async ({ documents }) => {
      for (const key of ['b/2', 'a/2', 'a/10', 'a', 'a/é', 'a/🗝', 'ab']) await documents.put(key, key)
      const keys = async (...given: Parameters<typeof documents.list>): Promise<string[]> =>
        (await documents.list(...given)).map(document => document.key)
      expect(await keys('a/')).toEqual(['a/10', 'a/2', 'a/é', 'a/🗝'])
      expect(await keys('a/', { limit: 2 })).toEqual(['a/10', 'a/2'])
      expect(await keys('a/', { after: 'a/10' })).toEqual(['a/2', 'a/é', 'a/🗝'])
      expect(await keys('a/', { after: 'a' })).toEqual(['a/10', 'a/2', 'a/é', 'a/🗝'])
      expect(await keys('a/', { after: 'b' })).toEqual([])
      expect(await keys('')).toEqual(['a', 'a/10', 'a/2', 'a/é', 'a/🗝', 'ab', 'b/2'])
      expect(await keys('c')).toEqual([])
    },
  )
}

function watchCases(check: StorageCase): void {
  check(
    'watch tells each change under the prefix in order, and nothing after its disposal',
    async ({ documents }) => {
      const seen: [string, unknown, number | undefined][] = []
      const watch = documents.watch('a/', (key, document) =>
        seen.push([key, document?.value, document?.revision]),
      )
      await documents.put('a/1', 'x')
      await documents.put('b/1', 'unwatched')
      await documents.put('a/1', 'y')
      await documents.delete('a/1')
      await expect.poll(() => seen.length).toBe(3)
      expect(seen).toEqual([
        ['a/1', 'x', 1],
        ['a/1', 'y', 2],
        ['a/1', undefined, undefined],
      ])
      watch[Symbol.dispose]()
      await documents.put('a/1', 'z')
      await documents.get('a/1')
      expect(seen).toHaveLength(3)
    },
  )
}

function blobCases(check: StorageCase): void {
  check(
    'a blob is named by its SHA-256 and comes back byte for byte, over a reopening too',
    async ({ blobs }, fixture) => {
      const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index % 251)
      const name = await blobs.put(bytes)
      expect(name).toMatch(/^[0-9a-f]{64}$/)
      expect(await blobs.put(Uint8Array.from(bytes))).toBe(name)
      expect(await blobs.put(Buffer.from('abc'))).toBe(
        'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      )
      const again = await fixture.reopen()
      expect(Buffer.compare((await again.blobs.get(name)) ?? new Uint8Array(0), bytes)).toBe(0)
    },
  )

  check('an unknown blob is undefined; a deleted one is gone and can be put again', async ({ blobs }) => {
    expect(await blobs.get('0'.repeat(64))).toBeUndefined()
    expect(await blobs.get('../store')).toBeUndefined()
    const name = await blobs.put(Buffer.from('x'))
    await blobs.delete(name)
    await blobs.delete(name)
    expect(await blobs.get(name)).toBeUndefined()
    expect(await blobs.put(Buffer.from('x'))).toBe(name)
    expect(await blobs.get(name)).toHaveLength(1)
  })

  check('list gives the names of blobs in order, above after, up to the limit', async ({ blobs }) => {
    const names: string[] = []
    for (const value of ['a', 'b', 'c', 'd']) names.push(await blobs.put(Buffer.from(value)))
    names.sort()
    expect(await blobs.list()).toEqual(names)
    expect(await blobs.list({ after: names[1] ?? '', limit: 1 })).toEqual([names[2]])
  })
}

function leaseCases(check: StorageCase): void {
  check('a lease belongs to one owner until released; renewing is acquiring again', async ({ leases }) => {
    expect(await leases.holder('l')).toBeUndefined()
    expect(await leases.acquire('l', 'one', 60_000)).toBe(true)
    expect(await leases.acquire('l', 'one', 60_000)).toBe(true)
    expect(await leases.acquire('l', 'two', 60_000)).toBe(false)
    expect(await leases.holder('l')).toBe('one')
    await leases.release('l', 'two')
    expect(await leases.holder('l')).toBe('one')
    await leases.release('l', 'one')
    expect(await leases.acquire('l', 'two', 60_000)).toBe(true)
  })

  check('a lease that has run out is free', async ({ leases }) => {
    expect(await leases.acquire('l', 'one', 0)).toBe(true)
    expect(await leases.holder('l')).toBeUndefined()
    expect(await leases.acquire('l', 'two', 60_000)).toBe(true)
  })
}
