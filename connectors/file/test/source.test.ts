import { appendFile, chmod, mkdir, rename, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises'
import type { Source, SourceRecord } from '@millrace/spi'
import { eventOf, SourceHost } from '@millrace/spi/conformance'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { connector } from '../src/index.ts'
import { TestFolder } from './folder.ts'

let folder: TestFolder
let host: SourceHost
let path: string
beforeEach(async () => {
  folder = await TestFolder.make()
  host = new SourceHost()
  path = folder.at('app.log')
})
afterEach(() => folder[Symbol.asyncDispose]())

const open = (options: object = {}): Source => host.open(connector, { paths: [path], pollMs: 5, ...options })
const plenty = { recordsMax: 100, bytesMax: 1_000_000 }
const inTime = (): AbortSignal => AbortSignal.timeout(10_000)
const dataOf = ({ event }: SourceRecord): unknown => eventOf(event).data

/** Reads until there are so many; the data of them. */
async function gather(source: Source, count: number, commits = false): Promise<unknown[]> {
  const records: SourceRecord[] = []
  while (records.length < count) records.push(...(await source.read(plenty, inTime())))
  if (commits) await source.commit(records)
  return records.map(dataOf)
}

describe('what is a line', () => {
  test('whole lines only: one that is being written comes when it has its end', async () => {
    await using source = open()
    await writeFile(path, '1\n{"n"')
    expect(await gather(source, 1)).toEqual([1])
    await appendFile(path, ':2}\r\n\n  \n3\n')

    expect(await gather(source, 2)).toEqual([{ n: 2 }, 3])
  })

  test('text keeps whatever stands there, and bytes that are no text are a fault', async () => {
    await writeFile(path, Buffer.concat([Buffer.from('{"n":1} ä\n'), Buffer.from([0xff, 0x0a])]))
    await using source = open({ form: 'text' })
    const [good, bad] = await source.read(plenty, inTime())

    expect(dataOf(good!)).toBe('{"n":1} ä')
    expect(bad).toMatchObject({ fault: { code: 'record.malformed' } })
    expect(dataOf(bad!)).toBe('/w==')
  })

  test('a line that is too long is passed over with a fault that tells its length', async () => {
    await writeFile(path, `1\n"${'x'.repeat(600_000)}"\n2\n`)
    await using source = open({ lineBytesMax: 1_000 })
    const records = await source.read(plenty, inTime())

    expect(records.map(dataOf)).toEqual([1, null, 2])
    expect(records[1]?.fault).toMatchObject({
      code: 'record.too-large',
      details: { limit: 1_000, seen: 600_002 },
    })
  })
})

describe('a file that rotates', () => {
  test('is read to its end under its new name before the one that takes its name', async () => {
    await using source = open()
    await writeFile(path, '1\n')
    expect(await gather(source, 1)).toEqual([1])
    await appendFile(path, '2\n')
    await rename(path, `${path}.1`)
    await appendFile(`${path}.1`, '3\n4')
    await writeFile(path, '5\n')

    expect(await gather(source, 4)).toEqual([2, 3, 4, 5])
  })

  test('several times while nobody reads is read in order all the same, from where it was', async () => {
    await writeFile(path, '1\n2\n')
    const first = open()
    const records = await first.read({ ...plenty, recordsMax: 1 }, inTime())
    await first.commit(records)
    await first[Symbol.asyncDispose]()
    for (let n = 3; n <= 6; n++) {
      for (let old = n - 3; old >= 1; old--) await rename(`${path}.${old}`, `${path}.${old + 1}`)
      await rename(path, `${path}.1`)
      await writeFile(path, `${n}\n`)
    }
    await writeFile(`${path}.2.gz`, 'not to be read\n')
    await writeFile(`${path}.bak`, 'not to be read\n')
    await using second = open()

    expect(await second.lag?.(inTime())).toEqual({ records: 5 })
    expect(await gather(second, 5, true)).toEqual([2, 3, 4, 5, 6])
    expect(await second.lag?.(inTime())).toEqual({ records: 0 })
  })

  test('and whose old file is gone goes on with the new one from its beginning', async () => {
    await writeFile(path, '1\n')
    const first = open()
    await gather(first, 1, true)
    await first[Symbol.asyncDispose]()
    await writeFile(`${path}.new`, '2\n')
    await rm(path)
    await rename(`${path}.new`, path)
    await using second = open()

    expect(await gather(second, 1)).toEqual([2])
  })

  test('before anything of it was committed is read from where reading began', async () => {
    await writeFile(path, '1\n')
    const first = open()
    await gather(first, 1)
    await first[Symbol.asyncDispose]()
    await rename(path, `${path}.1`)
    await writeFile(path, '2\n')
    await using second = open()

    expect(await gather(second, 2)).toEqual([1, 2])
  })

  test('and whose old file is gone goes on with the first of those that had its name after it', async () => {
    await writeFile(path, '1\n')
    const first = open()
    await gather(first, 1, true)
    await first[Symbol.asyncDispose]()
    await rename(path, `${path}.1`)
    await writeFile(path, '2\n')
    await rename(path, `${path}.1`)
    await writeFile(path, '3\n')
    // Within one tick of the file system, times are no help.
    await utimes(`${path}.1`, new Date(), new Date(Date.now() + 1_000))
    await using second = open()

    expect(await gather(second, 2)).toEqual([2, 3])
  })

  test('by a link that is set anew is followed', async () => {
    await writeFile(folder.at('a'), '1\n')
    await symlink(folder.at('a'), path)
    await using source = open()
    expect(await gather(source, 1)).toEqual([1])
    await writeFile(folder.at('b'), '2\n')
    await symlink(folder.at('b'), folder.at('next'))
    await rename(folder.at('next'), path)

    expect(await gather(source, 1)).toEqual([2])
  })
})

describe('a file that is cut', () => {
  test('is read anew, with other ids', async () => {
    await using source = open()
    await writeFile(path, '1\n2\n')
    const before = await source.read(plenty, inTime())
    await truncate(path)
    await appendFile(path, '1\n')
    const after = await source.read(plenty, inTime())

    expect(before.map(dataOf)).toEqual([1, 2])
    expect(after.map(dataOf)).toEqual([1])
    expect(before.map(({ id }) => id)).not.toContain(after[0]?.id)
  })

  test('while nobody reads is known by its beginning, though it has grown beyond where reading was', async () => {
    await writeFile(path, '1\n')
    const first = open()
    await gather(first, 1, true)
    await first[Symbol.asyncDispose]()
    await truncate(path)
    await appendFile(path, '7\n8\n')
    await using second = open()

    expect(await gather(second, 2)).toEqual([7, 8])
  })
})

describe('where reading begins', () => {
  test('latest leaves out what is there, but nothing that comes later, whenever it is opened again', async () => {
    await writeFile(path, '1\n{"half":')
    const first = open({ start: 'latest' })
    await expect(first.read(plenty, AbortSignal.timeout(50))).rejects.toMatchObject({ name: 'TimeoutError' })
    await first[Symbol.asyncDispose]()
    await appendFile(path, 'true}\n3\n')
    await using second = open({ start: 'latest' })

    expect(await gather(second, 2)).toEqual([{ half: true }, 3])
  })

  test('a file that is not there yet is waited for, and read from its beginning', async () => {
    await using source = open({ start: 'latest' })
    const read = source.read(plenty, inTime())
    await writeFile(`${path}.new`, '1\n')
    await rename(`${path}.new`, path)

    expect((await read).map(dataOf)).toEqual([1])
  })
})

describe('several files', () => {
  test('are partitions with positions of their own, and none is starved', async () => {
    const other = folder.at('other.log')
    await writeFile(path, '1\n2\n3\n4\n')
    await writeFile(other, '10\n')
    const paths = [path, other]
    const first = open({ paths })
    const [a] = await first.read({ ...plenty, recordsMax: 1 }, inTime())
    const [b] = await first.read({ ...plenty, recordsMax: 1 }, inTime())
    expect([a, b].map(record => [record?.partition, dataOf(record!)])).toEqual([
      [path, 1],
      [other, 10],
    ])
    await first.commit([b!])
    await first[Symbol.asyncDispose]()
    await using second = open({ paths })

    expect(await gather(second, 4)).toEqual([1, 2, 3, 4])
  })

  test('of which one cannot be read hold up no other', async () => {
    await writeFile(path, '1\n')
    await mkdir(folder.at('a-folder'))
    await using source = open({ paths: [folder.at('a-folder'), path] })

    expect(await gather(source, 1)).toEqual([1])
    await expect(source.read(plenty, inTime())).rejects.toMatchObject({
      code: 'source.rejected',
      message: expect.stringContaining('a-folder'),
    })
    await appendFile(path, '2\n')
    expect(await gather(source, 1)).toEqual([2])
  })
})

describe('what cannot be read is told', () => {
  test.each([
    ['/etc/hostname', 'source.rejected', 'allows them'],
    ['nowhere/app.log', 'source.not-found', 'folder is not there'],
    ['.env', 'source.rejected', 'not a visible file'],
  ])('%s is %s', async (name, code, message) => {
    await using source = open({ paths: [name.startsWith('/') ? name : folder.at(name)] })

    await expect(source.read(plenty, inTime())).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
      retry: { kind: 'never' },
    })
  })

  test('a file that the server may not read', async context => {
    if (process.getuid?.() === 0) context.skip('needs a user without privileges: root reads everything')
    await writeFile(path, '1\n')
    await chmod(path, 0)
    await using source = open()

    await expect(source.read(plenty, inTime())).rejects.toMatchObject({ code: 'source.unauthorized' })
  })

  test.each([[['relative.log']], [['/a', '/a']], [['/a/']]])('options %j are refused at once', paths => {
    expect(() => open({ paths })).toThrow(expect.objectContaining({ code: 'options.invalid' }))
  })
})
