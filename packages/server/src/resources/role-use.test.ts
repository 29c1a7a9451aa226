import { FakeClock } from '@millrace/spi/conformance'
import { openStorage } from '@millrace/storage-memory'
import { beforeEach, describe, expect, test } from 'vitest'
import { openResources, type Resources } from './store.ts'

const account = '1'
const code = 'a'.repeat(64)
let resources: Resources

beforeEach(async () => {
  const { documents } = await openStorage()
  resources = await openResources(
    {
      documents,
      clock: new FakeClock(),
      openLog: async () => {},
      nextPosition: () => 1,
      routedPosition: async () => 1,
      emptyLog: async () => {},
      checkRule: async (_account, spec) => spec,
      checkFunction: async () => {},
      secrets: { seal: text => text, open: text => text },
    },
    [account, '2'],
  )
  await resources.roles.put(account, 'courier', { trust: {} })
  await resources.buses.put(account, 'orders', {})
})

const inUse = (user: string) => ({ code: 'resource.in-use', details: { user } })

describe('a role is not deleted while', () => {
  test.each([
    ['all of its targets', { role: 'courier', pattern: {}, targets: [] }],
    ['one target', { pattern: {}, targets: [{ id: 't', role: 'courier', sink: { queue: 'q' } }] }],
  ])('a rule acts by it for %s', async (_part, spec) => {
    await resources.rules.put(account, 'orders', 'paid', spec)
    await expect(resources.roles.delete(account, 'courier')).rejects.toMatchObject(inUse('rule orders/paid'))
    await resources.rules.delete(account, 'orders', 'paid')
    await resources.roles.delete(account, 'courier')
  })

  test.each([[{ role: 'courier' }], [{ roles: { source: 'courier' } }], [{ roles: { sink: 'courier' } }]])(
    'a stream has %j',
    async given => {
      const source = { connector: 'kafka', options: {} }
      await resources.streams.put(account, 'copy', { source, sink: { queue: 'q' }, ...given })
      await expect(resources.roles.delete(account, 'courier')).rejects.toMatchObject(inUse('stream copy'))
    },
  )

  test.each(['courier', `acs:ram::${account}:role/courier`])('a function names it as %s', async role => {
    await resources.functions.put(account, 'bill', { runtime: 'node', handler: 'index.handler', code, role })
    await expect(resources.roles.delete(account, 'courier')).rejects.toMatchObject(inUse('function bill'))
  })

  test('an older version of a function names it', async () => {
    const spec = { runtime: 'node', handler: 'index.handler', code }
    await resources.functions.put(account, 'bill', { ...spec, role: 'courier' })
    await resources.versions.publish(account, 'bill', '')
    await resources.functions.put(account, 'bill', spec)
    await expect(resources.roles.delete(account, 'courier')).rejects.toMatchObject(inUse('function bill'))
  })
})

test('a role of the same name in another account does not matter', async () => {
  await resources.buses.put('2', 'orders', {})
  await resources.rules.put('2', 'orders', 'paid', { role: 'courier', pattern: {}, targets: [] })
  await resources.functions.put('2', 'bill', {
    runtime: 'node',
    handler: 'index.handler',
    code,
    role: `acs:ram::${account}:role/courier`,
  })
  await resources.roles.delete(account, 'courier')
})
