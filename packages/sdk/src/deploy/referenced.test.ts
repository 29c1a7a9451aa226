import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineBus, defineInstance, defineStream, type WiringItem } from '../index.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withReferenced } from './referenced.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-wiring-'))
  await writeFile(join(folder, 'password'), 'from-file\n')
})
afterAll(() => rm(folder, { recursive: true }))

/** The items of a wiring in the folder, with what they point to. */
const referenced = async (items: readonly WiringItem[]): Promise<readonly WiringItem[]> =>
  (await withReferenced({ path: join(folder, 'w.yaml'), folder, items }, environment)).items

const environment = { TOKEN: 'from-environment' }

test('options of instances that point to a variable or a file get what stands there', async () => {
  const options = {
    bootstrap: 'a:1',
    sasl: { password: { file: 'password' }, token: { env: 'TOKEN' } },
    list: [1],
  }
  const items = await referenced([defineInstance('main', { connector: 'kafka', options })])

  expect(items).toEqual([
    defineInstance('main', {
      connector: 'kafka',
      options: { bootstrap: 'a:1', sasl: { password: 'from-file', token: 'from-environment' }, list: [1] },
    }),
  ])
})

test('nothing else is touched, though it looks like it', async () => {
  const source = { connector: 'file', options: { env: 'TOKEN' } }
  const items = [defineBus('shop'), defineStream('s', { source, sink: { bus: 'shop' } })]

  expect(await referenced(items)).toEqual(items)
})

test.each([
  [
    { sasl: { password: { env: 'NONE' } } },
    'instance main, option sasl password: the variable NONE is not set',
  ],
  [{ password: { file: 'none' } }, 'instance main, option password: none cannot be read'],
])('what is missing is told with its place: %j', async (options, message) => {
  const items = [defineInstance('main', { connector: 'kafka', options })]

  await expect(referenced(items)).rejects.toThrow(message)
})
