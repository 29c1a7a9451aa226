import { join } from 'node:path'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { FakeClock } from '@millrace/spi/conformance'
import { openStorage } from '@millrace/storage-memory'
import { expect, test } from 'vitest'
import type { Deployment, FunctionView, LayerView, Snapshot } from '../../resources/index.ts'
import { CodeCollector } from './collector.ts'
import { CodeStore } from './store.ts'

const graceMs = 1_000
const byText = (left = '', right = ''): number => (left < right ? -1 : 1)

/** What names code: that of `LATEST`, of a version, and of a layer. */
interface Named {
  latest?: string
  version?: string
  layer?: string
}

function snapshotOf({ latest = '', version = '', layer = '' }: Named): Snapshot {
  const deployment = (code: string): Deployment => ({ spec: { code } }) as Deployment
  const view = { latest: deployment(latest), versions: new Map([['1', { deployment: deployment(version) }]]) }
  return {
    functions: new Map([['a/f', view as unknown as FunctionView]]),
    layers: new Map([['a/l:1', { spec: { code: layer } } as LayerView]]),
  } as unknown as Snapshot
}

async function bench() {
  const stack = new AsyncDisposableStack()
  const temporary = stack.use(await mkdtempDisposable(join(tmpdir(), 'millrace-collector-')))
  const { blobs } = stack.use(await openStorage())
  const clock = new FakeClock()
  const state = { named: {} as Named }
  const collector = new CodeCollector({ blobs, clock, snapshot: () => snapshotOf(state.named), graceMs })
  const store = new CodeStore({ folder: join(temporary.path, 'code'), blobs, collector })
  await store.start()
  const put = (text: string): Promise<string> => store.put(new Map([['index.js', Buffer.from(text)]]))
  return { blobs, clock, state, collector, store, put, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

test('code that nothing names any more goes after the time of grace; what is named stays', async () => {
  await using place = await bench()
  const { blobs, clock, state, collector, put } = place
  const [latest, version, layer, orphan] = await Promise.all(['a', 'b', 'c', 'd'].map(put))
  state.named = { latest, version, layer } as Named
  expect(await collector.collect()).toBe(0)
  await clock.advance(graceMs - 1)
  expect(await collector.collect()).toBe(0)
  await clock.advance(1)
  expect(await collector.collect()).toBe(1)
  expect(await blobs.get(orphan as string)).toBeUndefined()
  expect((await blobs.list()).toSorted(byText)).toEqual([latest, version, layer].toSorted(byText))
  state.named = {}
  await collector.collect()
  await clock.advance(graceMs)
  expect(await collector.collect()).toBe(3)
})

test('code that is uploaded or asked for again has its time of grace anew', async () => {
  await using place = await bench()
  const { blobs, clock, collector, store, put } = place
  const [uploaded, asked] = [await put('a'), await put('b')]
  await collector.collect()
  await clock.advance(graceMs)
  await put('a')
  await store.paths(asked)
  expect(await collector.collect()).toBe(0)
  await clock.advance(graceMs - 1)
  expect(await collector.collect()).toBe(0)
  expect((await blobs.list()).toSorted(byText)).toEqual([uploaded, asked].toSorted(byText))
})

test('code that is named again before its time is up starts from nothing when it is dropped anew', async () => {
  await using place = await bench()
  const { clock, state, collector, put } = place
  const name = await put('a')
  await collector.collect()
  await clock.advance(graceMs - 1)
  state.named = { latest: name }
  await collector.collect()
  state.named = {}
  await clock.advance(graceMs)
  expect(await collector.collect()).toBe(0)
})

test('code that is uploaded while it is being removed is there afterwards', async () => {
  await using place = await bench()
  const { blobs, clock, collector, put } = place
  const name = await put('a')
  await collector.collect()
  await clock.advance(graceMs)
  const round = collector.collect()
  const again = put('a')
  await Promise.all([round, again])
  expect(await blobs.get(name)).toBeDefined()
})

test('many packages are looked at page by page', async () => {
  await using place = await bench()
  const { blobs, clock, collector } = place
  await Promise.all(Array.from({ length: 2_100 }, (_, index) => blobs.put(Buffer.from(String(index)))))
  await collector.collect()
  await clock.advance(graceMs)
  expect(await collector.collect()).toBe(2_100)
  expect(await blobs.list()).toEqual([])
})
