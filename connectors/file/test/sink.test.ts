import { appendFile, mkdir, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises'
import { type Clock, optionsParser, type OutgoingRecord, type Sink, systemClock } from '@millrace/spi'
import { outgoing, seededRandom } from '@millrace/spi/conformance'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { connector } from '../src/index.ts'
import { TestFolder } from './folder.ts'

let folder: TestFolder
let path: string
beforeEach(async () => {
  folder = await TestFolder.make()
  path = folder.at('out.jsonl')
})
afterEach(() => folder[Symbol.asyncDispose]())

const signal = new AbortController().signal

function open(options: object = {}, clock: Clock = systemClock, roots = [folder.path]): Sink {
  const { sink: definition } = connector
  if (definition === undefined) throw new Error('the connector has no sink')
  const complete = optionsParser('file', definition.options)({ path, ...options })
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const context = {
    clock,
    random: seededRandom(1),
    log,
    allowPrivateTargets: false,
    fileRoots: roots,
    name: 't',
  }
  return definition.open(complete, context)
}

const record = (text: string): OutgoingRecord => outgoing('r', { body: Buffer.from(text) })
const write = async (sink: Sink, ...texts: string[]) => await sink.write(texts.map(record), signal)
const text = (name = path): Promise<string> => readFile(name, 'utf8')

describe('a line', () => {
  test('is the JSON of the body without its ends of lines, or the body as a JSON string', async () => {
    await using sink = open()
    await write(sink, '{\n  "n": 1\r\n}\n', 'plain\ntext', '"a"')

    expect(await text()).toBe('{   "n": 1 }\n"plain\\ntext"\n"a"\n')
  })

  test('is the whole event where that is asked for', async () => {
    await using sink = open({ line: 'event' })
    await write(sink, 'body')

    expect(JSON.parse(await text())).toMatchObject({ specversion: '1.0', id: 'r', data: { id: 'r' } })
  })

  test('that is no text is refused for itself alone', async () => {
    await using sink = open()
    const bad = outgoing('bad', { body: Buffer.from([0xff]) })
    const outcomes = await sink.write([record('1'), bad, record('2')], signal)

    expect(outcomes).toMatchObject([{ status: 'ok' }, { error: { code: 'sink.rejected' } }, { status: 'ok' }])
    expect(await text()).toBe('1\n2\n')
  })
})

describe('the file', () => {
  test('is appended to, behind a line that a crash has cut', async () => {
    await writeFile(path, '1\n{"cut')
    await using sink = open()
    await write(sink, '2')
    await write(sink, '3')

    expect(await text()).toBe('1\n{"cut\n2\n3\n')
  })

  test('that is renamed by somebody else is left, and a new one is made', async () => {
    await using sink = open()
    await write(sink, '1')
    await rename(path, folder.at('moved'))
    await write(sink, '2')

    expect([await text(folder.at('moved')), await text()]).toEqual(['1\n', '2\n'])
  })

  test('takes the batches of several writes and several sinks whole', async () => {
    await using first = open()
    await using second = open()
    const batch = Array.from({ length: 50 }, (_, n) => String(n))
    await Promise.all([first, second, first, second].map(sink => write(sink, ...batch)))

    expect(await text()).toBe(`${batch.join('\n')}\n`.repeat(4))
  })

  test('whose folder is not there may be tried again later', async () => {
    path = folder.at('later/out.jsonl')
    await using sink = open()
    expect(await write(sink, '1')).toMatchObject([
      { error: { code: 'sink.unavailable', retry: { kind: 'backoff' } } },
    ])
    await mkdir(folder.at('later'))

    expect(await write(sink, '1')).toMatchObject([{ status: 'ok' }])
  })

  test.each([
    ['/tmp-of-nobody/out', 'sink.address-refused'],
    ['.hidden', 'sink.address-refused'],
    ['link', 'sink.rejected'],
    ['folder', 'sink.rejected'],
  ])('%s is %s, for good', async (name, code) => {
    await mkdir(folder.at('folder'))
    await writeFile(folder.at('target'), '')
    await symlink(folder.at('target'), folder.at('link'))
    await using sink = open({ path: name.startsWith('/') ? name : folder.at(name) })

    expect(await write(sink, '1')).toMatchObject([
      { status: 'failed', error: { code, retry: { kind: 'never' } } },
    ])
    expect(await text(folder.at('target'))).toBe('')
  })

  test('is nowhere unless the operator says so', async () => {
    await using sink = open({}, systemClock, [])

    expect(await write(sink, '1')).toMatchObject([
      { error: { code: 'sink.address-refused', message: expect.stringContaining('MILLRACE_FILE_ROOTS') } },
    ])
  })
})

describe('rotation', () => {
  test('by size keeps so many older files, the newest first', async () => {
    await using sink = open({ fileBytesMax: 4, filesMax: 2 })
    for (const n of ['1', '2', '3', '4', '5', '6', '7']) await write(sink, n)

    expect((await readdir(folder.path)).toSorted()).toEqual(['out.jsonl', 'out.jsonl.1', 'out.jsonl.2'])
    expect([await text(), await text(`${path}.1`), await text(`${path}.2`)]).toEqual([
      '7\n',
      '5\n6\n',
      '3\n4\n',
    ])
  })

  test('a batch that is larger than a file has one to itself', async () => {
    await using sink = open({ fileBytesMax: 4 })
    await write(sink, '1')
    await write(sink, '123', '456')

    expect([await text(), await text(`${path}.1`)]).toEqual(['123\n456\n', '1\n'])
  })

  test('without older files begins the one again', async () => {
    await using sink = open({ fileBytesMax: 2, filesMax: 0 })
    for (const n of ['1', '2']) await write(sink, n)

    expect(await readdir(folder.path)).toEqual(['out.jsonl'])
    expect(await text()).toBe('2\n')
  })

  test('by age is made with the first write after it', async () => {
    let laterMs = 0
    const clock: Clock = { ...systemClock, nowMs: () => systemClock.nowMs() + laterMs }
    await using sink = open({ fileAgeMsMax: 60_000 }, clock)
    await write(sink, '1')
    await write(sink, '2')
    laterMs = 60_001
    await write(sink, '3')

    expect([await text(), await text(`${path}.1`)]).toEqual(['3\n', '1\n2\n'])
  })

  test('that nothing was written into is not made', async () => {
    await appendFile(path, '')
    await using sink = open({ fileBytesMax: 1 })
    await write(sink, '12345')

    expect(await readdir(folder.path)).toEqual(['out.jsonl'])
  })
})
