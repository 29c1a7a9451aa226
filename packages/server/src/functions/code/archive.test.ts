import { crc32, deflateRawSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { readArchive } from './archive.ts'
import { contentsOf } from './contents.ts'
import { type CodeLimits, defaultCodeLimits } from './limits.ts'

/** One entry of a zip that is made byte by byte; every member can be a lie. */
interface ZipEntry {
  readonly name: string | Buffer
  readonly content?: string | Buffer
  /** Unix mode; without one the zip is made as on MS-DOS. */
  readonly mode?: number
  readonly method?: number
  readonly flags?: number
  readonly crc?: number
  readonly bytes?: number
  readonly packedBytes?: number
  readonly packed?: Buffer
  /** Where the directory says that the entry begins. */
  readonly offset?: number
  readonly extra?: Buffer
}

const utf8Flag = 0x800

function zipOf(entries: readonly ZipEntry[], count = entries.length): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const entry of entries) {
    const fields = fieldsOf(entry)
    const local = Buffer.concat([header(0x04034b50, entry, fields), fields.name, fields.packed])
    directory.push(central(entry, fields, entry.offset ?? offset))
    parts.push(local)
    offset += local.length
  }
  const names = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(count, 8)
  end.writeUInt16LE(count, 10)
  end.writeUInt32LE(names.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...parts, names, end])
}

interface Fields {
  readonly name: Buffer
  readonly packed: Buffer
  readonly crc: number
  readonly bytes: number
  readonly packedBytes: number
}

function fieldsOf(entry: ZipEntry): Fields {
  const content = Buffer.from(entry.content ?? 'x')
  const packed = entry.packed ?? (entry.method === 0 ? content : deflateRawSync(content))
  return {
    name: Buffer.from(entry.name),
    packed,
    crc: entry.crc ?? crc32(content),
    bytes: entry.bytes ?? content.length,
    packedBytes: entry.packedBytes ?? packed.length,
  }
}

/** What the local header and the directory have in common begins at another place in each. */
function header(signature: number, entry: ZipEntry, fields: Fields): Buffer {
  const bytes = Buffer.alloc(30)
  bytes.writeUInt32LE(signature, 0)
  bytes.writeUInt16LE(20, 4)
  common(bytes, 6, entry, fields)
  return bytes
}

function central(entry: ZipEntry, fields: Fields, offset: number): Buffer {
  const bytes = Buffer.alloc(46)
  bytes.writeUInt32LE(0x02014b50, 0)
  bytes.writeUInt16LE(entry.mode === undefined ? 20 : (3 << 8) | 20, 4)
  bytes.writeUInt16LE(20, 6)
  common(bytes, 8, entry, fields)
  bytes.writeUInt16LE(entry.extra?.length ?? 0, 30)
  bytes.writeUInt32LE(((entry.mode ?? 0) << 16) >>> 0, 38)
  bytes.writeUInt32LE(offset, 42)
  return Buffer.concat([bytes, fields.name, entry.extra ?? Buffer.alloc(0)])
}

function common(bytes: Buffer, at: number, entry: ZipEntry, fields: Fields): void {
  bytes.writeUInt16LE((entry.flags ?? 0) | utf8Flag, at)
  bytes.writeUInt16LE(entry.method ?? 8, at + 2)
  bytes.writeUInt32LE(fields.crc, at + 8)
  bytes.writeUInt32LE(fields.packedBytes, at + 12)
  bytes.writeUInt32LE(fields.bytes, at + 16)
  bytes.writeUInt16LE(fields.name.length, at + 20)
}

/** As an upload is checked: the directory, then every byte of the contents. */
async function check(zip: Buffer, limits: Partial<CodeLimits> = {}): Promise<Map<string, string>> {
  const { files } = await readArchive(zip, { ...defaultCodeLimits, ...limits })
  const found = new Map<string, string>()
  for (const file of files) {
    const chunks = await Array.fromAsync(contentsOf(zip, file))
    found.set(file.path, Buffer.concat(chunks).toString())
  }
  return found
}

const file = 0o100644
const link = 0o120777

describe('an honest zip', () => {
  test('is read: stored and deflated files, folders, names of any script, links inside', async () => {
    const zip = zipOf([
      { name: 'src/', content: '', mode: 0o40755 },
      { name: 'src/größe.js', content: 'deflated', mode: file },
      { name: 'stored', content: 'as it is', mode: file, method: 0 },
      { name: 'empty', content: '', mode: file },
      { name: 'node_modules/.bin/tool', content: '../tool/main.js', mode: link },
      { name: 'node_modules/tool/main.js', content: 'run', mode: 0o100755 },
    ])
    expect(Object.fromEntries(await check(zip))).toEqual({
      'src/größe.js': 'deflated',
      stored: 'as it is',
      empty: '',
      'node_modules/.bin/tool': '../tool/main.js',
      'node_modules/tool/main.js': 'run',
    })
    const { files, bytes } = await readArchive(zip, defaultCodeLimits)
    expect(files.filter(({ isExecutable }) => isExecutable).map(({ path }) => path)).toEqual([
      'node_modules/.bin/tool',
      'node_modules/tool/main.js',
    ])
    expect(files.find(({ link: target }) => target !== undefined)?.link).toBe('../tool/main.js')
    expect(bytes).toBe(8 + 8 + 15 + 3)
  })

  test('that knows no modes may run all of its files', async () => {
    const { files } = await readArchive(zipOf([{ name: 'bootstrap' }]), defaultCodeLimits)
    expect(files[0]?.isExecutable).toBe(true)
  })

  test('is not held in memory: large files are read in pieces', async () => {
    const content = Buffer.alloc(3 * 1_024 * 1_024, 'some code ')
    const zip = zipOf([{ name: 'large.js', content, mode: file }])
    const { files } = await readArchive(zip, defaultCodeLimits)
    const lengths: number[] = []
    for (const entry of files) for await (const chunk of contentsOf(zip, entry)) lengths.push(chunk.length)
    expect(lengths.reduce((sum, length) => sum + length)).toBe(content.length)
    expect(Math.max(...lengths)).toBeLessThanOrEqual(64 * 1_024)
  })
})

/** Much that unpacks to more than it may, in a file of a few kilobytes. */
const zeros = Buffer.alloc(20 * 1_024 * 1_024)

const hostile: readonly (readonly [string, readonly ZipEntry[], string])[] = [
  ['a path upwards', [{ name: '../evil.js' }], '"../evil.js" has a part . or ..'],
  ['a path upwards in the middle', [{ name: 'a/../../evil.js' }], 'has a part . or ..'],
  ['an absolute path', [{ name: '/etc/cron.d/evil' }], 'is absolute'],
  ['a drive letter', [{ name: 'C:/windows/evil' }], 'is absolute'],
  ['a backslash', [{ name: '..\\evil.js' }], 'has a backslash'],
  ['a NUL in the name', [{ name: 'a\0.js' }], 'has a control character'],
  ['an empty name', [{ name: '' }], 'is empty'],
  ['bytes that are no text in a name', [{ name: Buffer.from([0xff, 0xfe, 0x00]) }], 'control character'],
  ['the same name twice', [{ name: 'a' }, { name: 'a' }], '"a" is there twice'],
  ['a folder that is a file before', [{ name: 'a' }, { name: 'a/b' }], 'a is both a file and a folder'],
  ['a folder that is a file after', [{ name: 'a/b' }, { name: 'a' }], 'a is both a file and a folder'],
  ['an empty folder that is a file', [{ name: 'a/', content: '' }, { name: 'a' }], 'a is both a file and'],
  [
    'a link as a folder',
    [
      { name: 'l', content: 'd', mode: link },
      { name: 'l/x', mode: file },
    ],
    'l is both',
  ],
  ['a link that leads out', [{ name: 'a/l', content: '../../etc', mode: link }], 'leads out of the package'],
  ['an absolute link', [{ name: 'l', content: '/etc/passwd', mode: link }], 'leads out of the package'],
  ['a link to nothing', [{ name: 'l', content: '', mode: link }], 'has no target'],
  [
    'a link that leads out through another',
    [
      { name: 'd/e/up', content: '../..', mode: link },
      { name: 'out', content: 'd/e/up/..', mode: link },
    ],
    'the link "out" leads out of the package',
  ],
  [
    'links in a circle',
    [
      { name: 'a', content: 'b', mode: link },
      { name: 'b', content: 'a', mode: link },
    ],
    'leads in a circle',
  ],
  [
    'a link as long as a book',
    [{ name: 'l', content: 'x/'.repeat(3_000), mode: link }],
    'link of 6000 bytes',
  ],
  ['a block device', [{ name: 'sda', mode: 0o60644 }], 'is a device, a pipe or a socket'],
  ['a pipe', [{ name: 'pipe', mode: 0o10644 }], 'is a device, a pipe or a socket'],
  ['an encrypted entry', [{ name: 'secret.js', flags: 1 }], '"secret.js" is encrypted'],
  ['strong encryption', [{ name: 'secret.js', flags: 0x41 }], 'encryption'],
  ['another method of packing', [{ name: 'a.js', method: 14 }], 'is packed by method 14'],
  ['a wrong checksum', [{ name: 'a.js', crc: 1 }], '"a.js" has another checksum'],
  ['a wrong checksum of a stored entry', [{ name: 'a.js', crc: 1, method: 0 }], 'has another checksum'],
  ['more bytes than stated', [{ name: 'a.js', content: 'long text', bytes: 3 }], 'more than the 3 bytes'],
  ['fewer bytes than stated', [{ name: 'a.js', bytes: 3 }], 'holds 1 of the 3 bytes'],
  ['bytes that cannot be unpacked', [{ name: 'a.js', packed: Buffer.from('junk') }], 'cannot be unpacked'],
  ['a bomb', [{ name: 'bomb', content: zeros }], '"bomb" unpacks to'],
  [
    'a bomb that lies about its size',
    [{ name: 'bomb', content: zeros, bytes: 10 }],
    'more than the 10 bytes that it states',
  ],
  [
    'a large bomb that lies about its size',
    [{ name: 'bomb', content: zeros, bytes: 2_000_000 }],
    'more than the 2000000 bytes that it states',
  ],
  ['an entry that ends after the archive', [{ name: 'a.js', packedBytes: 5_000 }], 'overflows file bounds'],
  ['entries that share their bytes', [{ name: 'a' }, { name: 'b', offset: 0 }], 'shares its bytes'],
  ['an entry that begins nowhere', [{ name: 'a', offset: 7 }], 'is damaged or cut off'],
  ['no files, but folders', [{ name: 'a/', content: '' }], 'has no files'],
  ['no entries', [], 'has no files'],
]

test.each(hostile)('%s is refused with the entry and the reason', async (_what, entries, reason) => {
  await expect(check(zipOf(entries))).rejects.toMatchObject({
    code: 'function.code-invalid',
    message: expect.stringContaining(reason) as string,
  })
})

test('many small bombs are one large one', async () => {
  const content = zeros.subarray(0, 8 * 1_024 * 1_024)
  const zip = zipOf(['a', 'b', 'c'].map(name => ({ name, content })))
  await expect(check(zip)).rejects.toThrow('the code package unpacks to')
})

test('sizes of 64 bits are read, and refused where they are beyond all limits or missing', async () => {
  const field = Buffer.alloc(12)
  field.writeUInt16LE(1, 0)
  field.writeUInt16LE(8, 2)
  field.writeBigUInt64LE(1n << 40n, 4)
  const lie = { name: 'a.js', bytes: 0xffffffff }
  await expect(check(zipOf([{ ...lie, extra: field }]))).rejects.toThrow('"a.js" has 1099511627776 bytes')
  field.writeBigUInt64LE((1n << 63n) + 1n, 4)
  await expect(check(zipOf([{ ...lie, extra: field }]))).rejects.toThrow('the limit is')
  await expect(check(zipOf([{ ...lie, extra: field.subarray(0, 6) }]))).rejects.toThrow('damaged or cut off')
})

test('more entries, bytes or folders than the limits allow are refused with limit and value', async () => {
  const zip = zipOf([{ name: 'a' }, { name: 'b' }])
  await expect(check(zip, { filesMax: 1 })).rejects.toThrow('has 2 files; the limit is 1')
  await expect(check(zip, { bytesMax: 1 })).rejects.toThrow('has 2 bytes; the limit is 1')
  await expect(check(zipOf([{ name: 'a/b/c' }]), { depthMax: 1 })).rejects.toThrow('deeper than 1 folders')
  await expect(check(zipOf([{ name: 'a' }], 60_000))).rejects.toThrow('60000 files; the limit is 50000')
})

test('a zip that is cut anywhere is refused', async () => {
  const zip = zipOf([
    { name: 'a.js', content: 'first' },
    { name: 'b.js', content: 'second' },
  ])
  for (let length = 0; length < zip.length; length++) {
    await expect(check(zip.subarray(0, length))).rejects.toMatchObject({ code: 'function.code-invalid' })
  }
  await expect(check(Buffer.from('{"not":"a zip"}'))).rejects.toThrow('no zip archive')
})

test('a zip with any byte changed is refused or has the same contents', async () => {
  const zip = zipOf([
    { name: 'a.js', content: 'first', mode: file },
    { name: 'b.js', content: 'second', mode: file },
  ])
  const contents = [...(await check(zip)).values()]
  for (let at = 0; at < zip.length; at++) {
    const changed = Buffer.from(zip)
    changed[at] = (changed[at] as number) ^ 0xff
    const found = await check(changed).then(
      files => [...files.values()],
      (error: unknown) => error,
    )
    if (Array.isArray(found)) expect(found).toEqual(contents)
    else expect(found).toMatchObject({ code: 'function.code-invalid' })
  }
})
