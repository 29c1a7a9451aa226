import { type Documents, systemClock } from '@millrace/spi'
import { openStorage } from '@millrace/storage-memory'
import { expect, test } from 'vitest'
import type { ResourcesHost } from './control.ts'
import { openResources, type Resources } from './store.ts'

const account = '1'

async function open(documents: Documents, limit = 3): Promise<Resources> {
  const host: ResourcesHost = {
    documents,
    clock: systemClock,
    openLog: async () => {},
    nextPosition: () => 1,
    routedPosition: async () => 1,
    emptyLog: async () => {},
    checkRule: async (_account, spec) => spec,
    checkFunction: async () => {},
    secrets: {
      seal: text => Buffer.from(text).toString('base64'),
      open: text => Buffer.from(text, 'base64').toString(),
    },
  }
  const resources = await openResources(host, account)
  await resources.quotas.put(account, 'foreign-documents', { limit })
  return resources
}

test('documents come back as they were written, apart by interface, kind and account, whatever the name', async () => {
  await using storage = await openStorage()
  const { foreign } = await open(storage.documents)
  const services = foreign.of('fc', 'service')

  await services.put(account, 'a/../b c', { role: 'r', inner: { list: [1, null] } })

  expect(await services.get(account, 'a/../b c')).toMatchObject({
    name: 'a/../b c',
    value: { role: 'r', inner: { list: [1, null] } },
    revision: 1,
  })
  expect(await services.find('2', 'a/../b c')).toBeUndefined()
  expect(await foreign.of('fc', 'alias').find(account, 'a/../b c')).toBeUndefined()
  expect(await foreign.of('mns', 'service').find(account, 'a/../b c')).toBeUndefined()
})

test('nothing of the content lies in the clear', async () => {
  await using storage = await openStorage()
  const { foreign } = await open(storage.documents)

  await foreign.of('fc', 'service').put(account, 's', { password: 'hunter2' })

  const stored = await storage.documents.list('foreign/')
  expect(stored).toHaveLength(1)
  expect(JSON.stringify(stored)).not.toContain('hunter2')
})

test('a page lists by prefix and goes on after the last name', async () => {
  await using storage = await openStorage()
  const { foreign } = await open(storage.documents, 10)
  const services = foreign.of('fc', 'service')
  for (const name of ['b1', 'a', 'b3', 'b2']) await services.put(account, name, {})

  const first = await services.list(account, { prefix: 'b', limit: 2 })
  const second = await services.list(account, { prefix: 'b', limit: 2, after: first.next })

  expect(first.items.map(({ name }) => name)).toEqual(['b1', 'b2'])
  expect(second).toMatchObject({ items: [{ name: 'b3' }], next: undefined })
})

test('a write that expects another revision is refused, and 0 expects none', async () => {
  await using storage = await openStorage()
  const services = (await open(storage.documents)).foreign.of('fc', 'service')
  await services.put(account, 's', { n: 1 }, 0)

  await expect(services.put(account, 's', { n: 2 }, 0)).rejects.toMatchObject({ code: 'resource.conflict' })
  expect(await services.put(account, 's', { n: 2 }, 1)).toMatchObject({ revision: 2, value: { n: 2 } })
})

test('count and size are bounded; the count survives a restart, and deleting makes room', async () => {
  await using storage = await openStorage()
  const services = (await open(storage.documents)).foreign.of('fc', 'service')
  for (const name of ['a', 'b', 'c']) await services.put(account, name, {})

  const again = (await open(storage.documents)).foreign.of('fc', 'other')
  await expect(again.put(account, 'd', {})).rejects.toMatchObject({ code: 'resource.limit-exceeded' })
  await again.put('2', 'd', {})
  await expect(services.put(account, 'a', { text: 'x'.repeat(262_144) })).rejects.toMatchObject({
    code: 'resource.limit-exceeded',
    details: { limit: 262_144 },
  })
  await expect(services.put(account, 'x'.repeat(257), {})).rejects.toMatchObject({
    code: 'resource.name-invalid',
  })

  const reopened = (await open(storage.documents)).foreign.of('fc', 'service')
  expect(await reopened.delete(account, 'a')).toBe(true)
  expect(await reopened.delete(account, 'a')).toBe(false)
  await reopened.put(account, 'd', {})
})
