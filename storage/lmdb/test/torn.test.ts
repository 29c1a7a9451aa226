import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStorage } from '../src/index.ts'

const unlimited = { entriesMax: 100_000, bytesMax: 1_000_000_000 }

/** Appends of two entries each; the first is known to LMDB because it makes the log, the others stand for themselves. */
async function storeWithAppends(path: string, appends: number): Promise<void> {
  await using storage = await openStorage({ path: join(path, 'open') })
  for (let index = 0; index < appends; index++) {
    const entries = ['a', 'b'].map(part => ({
      bytes: Buffer.from(`${index}${part}`.padEnd(40, '.')),
      acceptedAtMs: 1,
    }))
    await storage.log.append('log', entries)
  }
  // A copy of the open store is what a crash would leave.
  await cp(join(path, 'open'), join(path, 'crashed'), { recursive: true })
}

async function reopened(path: string, file: Buffer): Promise<{ entries: number; next: number }> {
  const copy = join(path, 'copy')
  await cp(join(path, 'crashed'), copy, { recursive: true })
  const [number = ''] = await readdir(join(copy, 'logs'))
  const [name = ''] = await readdir(join(copy, 'logs', number))
  await writeFile(join(copy, 'logs', number, name), file)
  try {
    await using storage = await openStorage({ path: copy })
    const before = (await storage.log.read('log', 1, unlimited)).length
    const next = await storage.log.append('log', [{ bytes: Buffer.from('after'), acceptedAtMs: 1 }])
    expect(await storage.log.read('log', 1, unlimited)).toHaveLength(before + 1)
    return { entries: before, next }
  } finally {
    await rm(copy, { recursive: true })
  }
}

test('of a file torn at any byte the whole appends before it are kept, and the log goes on behind them', async () => {
  const path = await mkdtemp(join(tmpdir(), 'millrace-torn-'))
  try {
    await storeWithAppends(path, 4)
    const [number = ''] = await readdir(join(path, 'crashed', 'logs'))
    const [name = ''] = await readdir(join(path, 'crashed', 'logs', number))
    const whole = await readFile(join(path, 'crashed', 'logs', number, name))
    const appendBytes = whole.length / 4
    for (let length = appendBytes; length <= whole.length; length += 7) {
      const kept = Math.floor(length / appendBytes) * 2
      expect(await reopened(path, whole.subarray(0, length)), `cut at ${length}`).toEqual({
        entries: kept,
        next: kept + 1,
      })
      // What the system had allocated and not written may be zeros, or what was there before.
      const padded = Buffer.concat([whole.subarray(0, length), Buffer.alloc(500), whole.subarray(0, 300)])
      expect(await reopened(path, padded), `zeros from ${length}`).toEqual({ entries: kept, next: kept + 1 })
    }
  } finally {
    await rm(path, { recursive: true })
  }
})

test('a file that is shorter than LMDB knows it is storage.corrupt at open', async () => {
  const path = await mkdtemp(join(tmpdir(), 'millrace-torn-'))
  try {
    await storeWithAppends(path, 1)
    await expect(reopened(path, Buffer.alloc(10))).rejects.toMatchObject({ code: 'storage.corrupt' })
  } finally {
    await rm(path, { recursive: true })
  }
})
