import { mkdir, mkdtempDisposable, readdir, readFile, readlink, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { openStorage } from '@millrace/storage-memory'
import { describe, expect, test } from 'vitest'
import { ZipFile } from 'yazl'
import type { CodeLimits } from './limits.ts'
import { CodeStore } from './store.ts'

async function open(
  unusedFoldersMax = 16,
  limits: Partial<CodeLimits> = {},
): Promise<AsyncDisposable & { store: CodeStore; folder: string; blobs: CodeStoreBlobs }> {
  const stack = new AsyncDisposableStack()
  const temporary = stack.use(await mkdtempDisposable(join(tmpdir(), 'millrace-code-')))
  const { blobs } = stack.use(await openStorage())
  const folder = join(temporary.path, 'code')
  const store = new CodeStore({ folder, blobs, unusedFoldersMax, limits })
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

test('a package that is opened again while its folder is being removed is there', async () => {
  await using bench = await open(0)
  const name = await bench.store.put(new Map([['x', Buffer.from('a')]]))
  for (let turn = 0; turn < 50; turn++) {
    using code = await bench.store.open(name)
    expect(await readFile(join(code.path, 'x'), 'utf8')).toBe('a')
  }
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

/** A zip as tools on Unix make it. */
async function zipOf(entries: Record<string, { text: string; mode: number }>): Promise<Buffer> {
  const zip = new ZipFile()
  for (const [path, { text, mode }] of Object.entries(entries))
    zip.addBuffer(Buffer.from(text), path, { mode })
  zip.end()
  return await buffer(zip.outputStream)
}

describe('a zip', () => {
  test('is kept as it came; programs, plain files and links are unpacked as such', async () => {
    await using bench = await open()
    const large = 'x'.repeat(600_000)
    const zip = await zipOf({
      bootstrap: { text: '#!/bin/sh', mode: 0o100755 },
      'data/large.txt': { text: large, mode: 0o100600 },
      'bin/start': { text: '../bootstrap', mode: 0o120777 },
    })
    const name = await bench.store.putZip(zip)
    expect(Buffer.from(await bench.store.zip(name))).toEqual(zip)
    expect(await bench.store.paths(name)).toEqual(new Set(['bootstrap', 'data/large.txt', 'bin/start']))
    using code = await bench.store.open(name)
    expect((await stat(join(code.path, 'bootstrap'))).mode & 0o777).toBe(0o555)
    expect((await stat(join(code.path, 'data/large.txt'))).mode & 0o777).toBe(0o444)
    expect(await readFile(join(code.path, 'data/large.txt'), 'utf8')).toBe(large)
    expect(await readlink(join(code.path, 'bin/start'))).toBe('../bootstrap')
    expect(await readFile(join(code.path, 'bin/start'), 'utf8')).toBe('#!/bin/sh')
  })

  test('is known by size, checksum and what it holds, also to a store that has not seen its upload', async () => {
    await using bench = await open()
    const zip = await zipOf({ a: { text: '1234', mode: 0o100644 }, b: { text: '56', mode: 0o100644 } })
    const name = await bench.store.putZip(zip)
    const info = await bench.store.info(name)
    expect(info).toMatchObject({ bytes: zip.length, files: 2, unpackedBytes: 6 })
    expect(info.checksum).toMatch(/^[0-9]{1,20}$/)
    const other = new CodeStore({ folder: join(bench.folder, '../other'), blobs: bench.blobs })
    expect(await other.info(name)).toEqual(info)
  })

  test('that is too large or no zip is refused, and nothing is kept', async () => {
    await using bench = await open(16, { uploadBytesMax: 10 })
    const refused = { code: 'function.code-invalid' }
    await expect(bench.store.putZip(Buffer.alloc(11))).rejects.toMatchObject(refused)
    await expect(bench.store.putZip(Buffer.from('no zip'))).rejects.toMatchObject(refused)
    expect(await bench.blobs.list()).toEqual([])
  })
})

describe('layers', () => {
  test('are one folder, where the earlier wins over equal paths and over what lies below them', async () => {
    await using bench = await open()
    const put = (files: Record<string, string>): Promise<string> =>
      bench.store.put(new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)])))
    const one = await put({ 'lib/a': 'a of one', tool: 'a file' })
    const two = await put({ 'lib/a': 'a of two', 'lib/b': 'b of two', 'tool/x': 'hidden', lib2: 'two' })
    const three = await put({ lib: 'hidden', lib2: 'hidden', 'more/c': 'c of three' })
    using layers = await bench.store.openLayers([one, two, three])
    const seen = await readdir(layers.path, { recursive: true })
    expect(seen.sort()).toEqual(['lib', 'lib/a', 'lib/b', 'lib2', 'more', 'more/c', 'tool'])
    expect(await readFile(join(layers.path, 'lib/a'), 'utf8')).toBe('a of one')
    expect(await readFile(join(layers.path, 'lib/b'), 'utf8')).toBe('b of two')
    expect(await readFile(join(layers.path, 'lib2'), 'utf8')).toBe('two')
    using turned = await bench.store.openLayers([two, one, three])
    expect(await readFile(join(turned.path, 'lib/a'), 'utf8')).toBe('a of two')
    using again = await bench.store.openLayers([one, two, three])
    expect(again.path).toBe(layers.path)
  })

  test('that are too many, or too large together, are refused with limit and value', async () => {
    await using bench = await open(16, { layersMax: 2, layersBytesMax: 8 })
    const one = await bench.store.put(new Map([['a', Buffer.from('12345')]]))
    const two = await bench.store.put(new Map([['b', Buffer.from('12345')]]))
    await expect(bench.store.openLayers([one, two, one])).rejects.toThrow(
      '3 layers are listed; the limit is 2',
    )
    await expect(bench.store.openLayers([one, two])).rejects.toThrow('10 bytes together; the limit is 8')
    expect((await readdir(bench.folder)).filter(name => name.includes('layers'))).toEqual([])
  })

  test('whose links would lead out only when they are together are refused', async () => {
    await using bench = await open()
    const one = await bench.store.putZip(await zipOf({ out: { text: 'd/e/up/..', mode: 0o120777 } }))
    const two = await bench.store.putZip(await zipOf({ 'd/e/up': { text: '../..', mode: 0o120777 } }))
    await expect(bench.store.openLayers([one, two])).rejects.toThrow('leads out of the package')
  })
})

describe('the own folder of an instance', () => {
  test('gets the files of a package as links to those that are unpacked', async () => {
    await using bench = await open()
    const name = await bench.store.put(files)
    using code = await bench.store.open(name)
    const own = join(bench.folder, '../own')
    await mkdir(own)
    expect(code.canLink).toBe(true)
    code.linkInto(own)
    for (const path of files.keys()) {
      expect((await stat(join(own, path))).ino).toBe((await stat(join(code.path, path))).ino)
    }
  })

  test('does not take a package of more than 500 files', async () => {
    await using bench = await open()
    const many = new Map(Array.from({ length: 501 }, (_, index) => [`f${index}`, Buffer.from('x')]))
    using code = await bench.store.open(await bench.store.put(many))
    expect(code.canLink).toBe(false)
    expect(() => code.linkInto(bench.folder)).toThrow('501 files; 500 are linked at most')
  })
})
