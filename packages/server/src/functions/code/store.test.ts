import { mkdtempDisposable, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStorage } from '@millrace/storage-memory'
import { expect, test } from 'vitest'
import { CodeStore } from './store.ts'

async function open(
  unusedFoldersMax = 16,
): Promise<AsyncDisposable & { store: CodeStore; folder: string; blobs: CodeStoreBlobs }> {
  const stack = new AsyncDisposableStack()
  const temporary = stack.use(await mkdtempDisposable(join(tmpdir(), 'millrace-code-')))
  const { blobs } = stack.use(await openStorage())
  const folder = join(temporary.path, 'code')
  const store = new CodeStore({ folder, blobs, unusedFoldersMax })
  await store.start()
  return { store, folder, blobs, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}
type CodeStoreBlobs = Awaited<ReturnType<typeof openStorage>>['blobs']

const files = new Map([
  ['index.js', Buffer.from('exports.handler = 1')],
  ['src/deep/other.js', Buffer.from('2')],
  ['empty', Buffer.alloc(0)],
])

test('a package is unpacked read-only under its name, with all files and nothing else', async () => {
  await using bench = await open()
  const name = await bench.store.put(files)
  using code = await bench.store.open(name)
  expect(code.path).toBe(join(bench.folder, name))
  expect(await readFile(join(code.path, 'index.js'), 'utf8')).toBe('exports.handler = 1')
  expect(await readFile(join(code.path, 'src/deep/other.js'), 'utf8')).toBe('2')
  expect(await readdir(bench.folder)).toEqual([name])
  for (const path of ['', 'index.js', 'src', 'src/deep']) {
    expect((await stat(join(code.path, path))).mode & 0o222).toBe(0)
  }
})

test('the same files have the same name, other files another', async () => {
  await using bench = await open()
  const name = await bench.store.put(files)
  expect(await bench.store.put(new Map([...files].reverse()))).toBe(name)
  expect(await bench.store.put(new Map([['index.js', Buffer.from('other')]]))).not.toBe(name)
})

test('many that open a package at once share one folder', async () => {
  await using bench = await open()
  const name = await bench.store.put(files)
  const opened = await Promise.all(Array.from({ length: 10 }, () => bench.store.open(name)))
  expect(new Set(opened.map(code => code.path)).size).toBe(1)
  for (const code of opened) code[Symbol.dispose]()
})

test('packages that nobody uses are removed beyond a limit, the longest unused first; used ones stay', async () => {
  await using bench = await open(1)
  const names: string[] = []
  for (const text of ['a', 'b', 'c']) names.push(await bench.store.put(new Map([['x', Buffer.from(text)]])))
  const [a, b, c] = await Promise.all(names.map(name => bench.store.open(name)))
  a?.[Symbol.dispose]()
  a?.[Symbol.dispose]()
  c?.[Symbol.dispose]()
  const left = async (): Promise<string[]> =>
    (await readdir(bench.folder)).filter(name => !name.startsWith('.'))
  while ((await left()).length > 2) await new Promise(resolve => setImmediate(resolve))
  expect((await left()).sort()).toEqual([names[1] as string, names[2] as string].sort())
  using again = await bench.store.open(names[0] as string)
  expect(await readFile(join(again.path, 'x'), 'utf8')).toBe('a')
  b?.[Symbol.dispose]()
})

test('what an earlier run left is not trusted: it is removed at the start', async () => {
  await using bench = await open()
  const name = await bench.store.put(files)
  using first = await bench.store.open(name)
  await writeFile(join(bench.folder, 'half-written'), '')
  await bench.store.start()
  expect(await readdir(bench.folder)).toEqual([])
  expect(first.path).toBe(join(bench.folder, name))
})

test('a name that was never given, or bytes that are no package, are refused', async () => {
  await using bench = await open()
  const unknown = { code: 'function.code-not-found' }
  await expect(bench.store.open('0'.repeat(64))).rejects.toMatchObject(unknown)
  await expect(bench.store.open('../secret')).rejects.toMatchObject(unknown)
  const foreign = await bench.blobs.put(Buffer.from('something else'))
  await expect(bench.store.open(foreign)).rejects.toMatchObject({ code: 'function.code-invalid' })
})

test('a package that could not be opened can be opened when its bytes are there', async () => {
  await using bench = await open()
  const name = await bench.store.put(files)
  const bytes = await bench.blobs.get(name)
  await bench.blobs.delete(name)
  await expect(bench.store.open(name)).rejects.toMatchObject({ code: 'function.code-not-found' })
  await bench.blobs.put(bytes ?? Buffer.alloc(0))
  using code = await bench.store.open(name)
  expect(code.path).toContain(name)
})
