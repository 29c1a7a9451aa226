import { openStorage } from '@millrace/storage-memory'
import { expect, test } from 'vitest'
import { CodeSizes } from './code-sizes.ts'

async function fixture() {
  const { documents } = await openStorage()
  const measured: string[] = []
  const packages = new Map([
    ['a', 10],
    ['b', 20],
  ])
  const measure = async (code: string): Promise<number> => {
    measured.push(code)
    const bytes = packages.get(code)
    if (bytes === undefined) throw new Error(`there is no package ${code}`)
    return bytes
  }
  return { measured, packages, documents, open: () => new CodeSizes({ documents, measure }) }
}

test('a package is measured once, also over a restart', async () => {
  const { measured, open } = await fixture()
  const sizes = open()
  expect([await sizes.bytesOf('a'), await sizes.bytesOf('a')]).toEqual([10, 10])
  expect(await open().bytesOf('a')).toBe(10)
  expect(measured).toEqual(['a'])
})

test('a package that is not there takes nothing, and is looked for again', async () => {
  const { packages, open } = await fixture()
  const sizes = open()
  expect(await sizes.bytesOf('c')).toBe(0)
  packages.set('c', 30)
  expect(await sizes.bytesOf('c')).toBe(30)
})

test('what nothing names is forgotten, however many there are', async () => {
  const { measured, documents, packages, open } = await fixture()
  const sizes = open()
  const many = Array.from({ length: 1_500 }, (_, index) => `many-${index}`)
  for (const code of many) packages.set(code, 1)
  for (const code of ['a', 'b', ...many]) await sizes.bytesOf(code)
  await sizes.prune(new Set(['b']))
  expect((await documents.list('code-size/')).map(({ key }) => key)).toEqual(['code-size/b'])
  measured.length = 0
  await sizes.bytesOf('a')
  await sizes.bytesOf('b')
  expect(measured).toEqual(['a'])
})
