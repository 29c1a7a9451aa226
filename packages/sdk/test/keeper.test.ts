import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type AppliedItem, WiringKeeper } from '../src/deploy/index.ts'
import { createClient, createTestMillrace, type WiringDocument, wiringItems } from '../src/index.ts'

const patternOf = (type: string) => ({ pattern: { type: [type] } })
const shop = (type: string): WiringDocument => ({
  buses: { shop: { rules: { all: patternOf(type) } } },
  queues: { later: {} },
  layers: { libs: { code: 'libs' } },
  functions: {
    bill: { code: 'bill.js', handler: 'bill.handler', layers: ['libs'] },
    send: { code: 'send.js', handler: 'send.handler' },
  },
})

async function place() {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-keeper-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  for (const name of ['bill.js', 'send.js', 'libs'])
    await writeFile(join(folder, name), 'exports.handler = () => 1')
  const millrace = await createTestMillrace()
  onTestFinished(() => millrace[Symbol.asyncDispose]())
  const asked: string[] = []
  const client = createClient({
    url: millrace.url,
    token: millrace.token,
    fetch: (url, init) => {
      const method = init?.method ?? 'GET'
      if (method !== 'GET') asked.push(`${method} ${new URL(url).pathname.replace('/api/v1/', '')}`)
      return fetch(url, init)
    },
  })
  const keeper = new WiringKeeper(client)
  const apply = async (document: WiringDocument) => {
    asked.length = 0
    const told: AppliedItem[] = []
    const untouched = await keeper.apply({ folder, items: wiringItems(document) }, item => told.push(item))
    return { untouched, told: told.map(({ kind, name, change }) => `${change} ${kind} ${name}`) }
  }
  return { folder, apply, asked, client: millrace.client }
}

test('a keeper writes what has changed, removes what is gone, and asks the server for nothing else', async () => {
  const { folder, apply, asked } = await place()
  expect(await apply(shop('a'))).toMatchObject({ untouched: 0 })

  expect(await apply(shop('a'))).toEqual({ untouched: 6, told: [] })
  expect(asked).toEqual([])

  expect(await apply(shop('b'))).toEqual({ untouched: 5, told: ['changed rule shop/all'] })
  expect(asked).toEqual(['PUT buses/shop/rules/all'])

  await writeFile(join(folder, 'send.js'), 'exports.handler = () => 22')
  expect(await apply(shop('b'))).toEqual({ untouched: 5, told: ['changed function send'] })
  expect(asked).toEqual(['POST code', 'PUT functions/send'])

  const { queues: _, ...rest } = shop('b')
  expect(await apply(rest)).toEqual({ untouched: 5, told: ['removed queue later'] })
  expect(asked).toEqual(['DELETE queues/later'])
  expect(await apply(shop('b'))).toMatchObject({ untouched: 5, told: ['created queue later'] })
})

test('a function follows its layers, and no other function does', async () => {
  const { folder, apply, client } = await place()
  await apply(shop('a'))

  await writeFile(join(folder, 'libs'), 'module.exports = 2 * 2')

  expect(await apply(shop('a'))).toEqual({
    untouched: 4,
    told: ['changed layer libs', 'changed function bill'],
  })
  expect((await client.functions.get('bill')).spec.layers).toEqual(['libs:2'])
})

test('what was refused is tried again, and is removed when it is wanted no more', async () => {
  const { apply, client } = await place()
  const wrong: WiringDocument = {
    queues: { first: {} },
    buses: { shop: { rules: { r: { pattern: { n: [{ numeric: ['?', 1] }] } } } } },
  }
  await expect(apply(wrong)).rejects.toThrow('rule shop/r')

  expect(await apply({ queues: { first: {} }, buses: { shop: { rules: { r: patternOf('a') } } } })).toEqual({
    untouched: 2,
    told: ['created rule shop/r'],
  })
  await expect(apply({ ...wrong, queues: { second: {} } })).rejects.toThrow('rule shop/r')
  expect((await apply({})).told.toSorted()).toEqual([
    'removed bus shop',
    'removed queue first',
    'removed queue second',
    'removed rule shop/r',
  ])
  expect((await client.queues.list()).items).toEqual([])
})
