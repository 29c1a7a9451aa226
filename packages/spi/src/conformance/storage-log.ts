import { expect } from 'vitest'
import { entries, entry, type StorageCase, text, unlimited } from './storage-fixture.ts'

/** Cases of the `EventLog` port. */
export function eventLogCases(check: StorageCase): void {
  appendCases(check)
  readCases(check)
  seekCases(check)
  trimCases(check)
}

function appendCases(check: StorageCase): void {
  check('positions of a log start at 1, have no gaps, and append returns the first one', async ({ log }) => {
    expect(await log.append('a', entries(3))).toBe(1)
    expect(await log.append('a', entries(2))).toBe(4)
    expect((await log.read('a', 1, unlimited)).map(e => e.position)).toEqual([1, 2, 3, 4, 5])
  })

  check('logs are independent of each other', async ({ log }) => {
    await log.append('a', entries(3))
    expect(await log.append('b', entries(1))).toBe(1)
    expect((await log.read('b', 1, unlimited)).map(e => text(e.bytes))).toEqual(['e1'])
  })

  check('concurrent appends keep the order of the calls and share no position', async ({ log }) => {
    const positions = await Promise.all(
      Array.from({ length: 64 }, (_, index) => log.append('a', [entry(`x${index}`), entry(`y${index}`)])),
    )
    expect(positions).toEqual(Array.from({ length: 64 }, (_, index) => 1 + 2 * index))
    const texts = (await log.read('a', 1, unlimited)).map(e => text(e.bytes))
    expect(texts).toEqual(Array.from({ length: 64 }, (_, index) => [`x${index}`, `y${index}`]).flat())
  })

  check('appends to several logs at once keep the order within each', async ({ log }) => {
    await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        log.append(`log${index % 3}`, [entry(`n${Math.floor(index / 3)}`)]),
      ),
    )
    for (const name of ['log0', 'log1', 'log2']) {
      const texts = (await log.read(name, 1, unlimited)).map(e => text(e.bytes))
      expect(texts).toEqual(Array.from({ length: 10 }, (_, index) => `n${index}`))
    }
  })

  check('a relaxed append is visible when it resolves', async ({ log }) => {
    expect(await log.append('a', entries(2), 'relaxed')).toBe(1)
    expect(await log.read('a', 1, unlimited)).toHaveLength(2)
  })

  check(
    'bytes and times come back as they were given, empty and binary payloads included',
    async ({ log }) => {
      const all = Uint8Array.from({ length: 256 }, (_, index) => index)
      const given = [
        { bytes: new Uint8Array(0), acceptedAtMs: 0 },
        { bytes: all, acceptedAtMs: 1_764_000_000_123 },
        { bytes: all.subarray(10, 20), acceptedAtMs: 12.25 },
      ]
      await log.append('a', given)
      const read = await log.read('a', 1, unlimited)
      expect(read.map(e => [...e.bytes])).toEqual(given.map(e => [...e.bytes]))
      expect(read.map(e => e.acceptedAtMs)).toEqual([0, 1_764_000_000_123, 12.25])
    },
  )

  check('an entry of several megabytes and an append of many entries are kept whole', async ({ log }) => {
    const large = new Uint8Array(3_000_000).fill(7)
    await log.append('a', [entry('before'), { bytes: large, acceptedAtMs: 5 }, ...entries(10_000)])
    expect((await log.get('a', [2]))[0]?.bytes.length).toBe(3_000_000)
    const read = await log.read('a', 3, unlimited)
    expect(read).toHaveLength(10_000)
    expect(text(read.at(-1)?.bytes)).toBe('e10000')
  })

  check('appending nothing changes nothing and names the next position', async ({ log }) => {
    expect(await log.append('a', [])).toBe(1)
    await log.append('a', entries(4))
    expect(await log.append('a', [])).toBe(5)
    expect((await log.stat('a')).next).toBe(5)
  })

  check(
    'a log has its entries, positions and figures after closing and opening',
    async ({ log }, fixture) => {
      await log.append('a', entries(5))
      await log.append('b', entries(2))
      const before = await log.stat('a')
      const again = await fixture.reopen()
      expect(await again.log.stat('a')).toEqual(before)
      expect((await again.log.read('a', 1, unlimited)).map(e => text(e.bytes))).toEqual([
        'e1',
        'e2',
        'e3',
        'e4',
        'e5',
      ])
      expect(await again.log.append('a', entries(1))).toBe(6)
      expect(await again.log.append('b', entries(1))).toBe(3)
    },
  )
}

function readCases(check: StorageCase): void {
  check('a log that was never appended to reads as empty', async ({ log }) => {
    expect(await log.read('none', 1, unlimited)).toEqual([])
    expect(await log.get('none', [1])).toEqual([undefined])
    expect(await log.stat('none')).toEqual({ first: 1, next: 1, bytes: 0 })
    expect(await log.seek('none', 0)).toBe(1)
    await log.trim('none', 10)
  })

  check('read starts at a position and stops at entriesMax', async ({ log }) => {
    await log.append('a', entries(10))
    const read = await log.read('a', 4, { entriesMax: 3, bytesMax: 1_000 })
    expect(read.map(e => e.position)).toEqual([4, 5, 6])
  })

  check('read stops before bytesMax is passed, but gives at least one entry', async ({ log }) => {
    await log.append('a', [entry('aaaa'), entry('bbbb'), entry('cccc')])
    expect(await log.read('a', 1, { entriesMax: 10, bytesMax: 8 })).toHaveLength(2)
    expect(await log.read('a', 1, { entriesMax: 10, bytesMax: 7 })).toHaveLength(1)
    expect(await log.read('a', 1, { entriesMax: 10, bytesMax: 1 })).toHaveLength(1)
  })

  check('read at the tip and beyond it gives nothing', async ({ log }) => {
    await log.append('a', entries(3))
    expect(await log.read('a', 4, unlimited)).toEqual([])
    expect(await log.read('a', 400, unlimited)).toEqual([])
  })

  check('get answers each position, undefined for those not yet written', async ({ log }) => {
    await log.append('a', entries(5))
    await log.append('a', entries(5, 6))
    const got = await log.get('a', [1, 5, 6, 10, 11, 99])
    expect(got.map(e => text(e?.bytes))).toEqual(['e1', 'e5', 'e6', 'e10', undefined, undefined])
    expect(got[2]?.position).toBe(6)
  })

  check('bytes handed out stay as they are whatever is written and read later', async ({ log }) => {
    await log.append('a', entries(3))
    const [first] = await log.read('a', 1, unlimited)
    for (let round = 0; round < 20; round++) {
      await log.append('a', entries(50))
      await log.read('a', 1, unlimited)
    }
    await log.trim('a', Number.POSITIVE_INFINITY)
    await log.append('a', entries(50))
    expect(text(first?.bytes)).toBe('e1')
  })

  check('bytes is the payload of the retained entries', async ({ log }) => {
    await log.append('a', [entry('12345'), entry('123')])
    expect((await log.stat('a')).bytes).toBe(8)
  })
}

function seekCases(check: StorageCase): void {
  check('seek finds the first entry accepted at or after a time', async ({ log }) => {
    await log.append('a', [entry('x', 10), entry('y', 20)])
    await log.append('a', [entry('z', 20), entry('w', 30)])
    expect(await log.seek('a', 0)).toBe(1)
    expect(await log.seek('a', 10)).toBe(1)
    expect(await log.seek('a', 11)).toBe(2)
    expect(await log.seek('a', 20)).toBe(2)
    expect(await log.seek('a', 25)).toBe(4)
    expect(await log.seek('a', 31)).toBe(5)
  })

  check('seek finds the first such entry even where times step back', async ({ log }) => {
    for (const time of [100, 50, 60, 200, 70, 300]) await log.append('a', [entry('x', time)])
    expect(await log.seek('a', 55)).toBe(1)
    expect(await log.seek('a', 150)).toBe(4)
    expect(await log.seek('a', 250)).toBe(6)
    await log.trim('a', 2)
    if ((await log.stat('a')).first === 2) expect(await log.seek('a', 80)).toBe(4)
  })
}

function trimCases(check: StorageCase): void {
  check(
    'trim removes entries below a position, at most a few fewer, and none at or above it',
    async ({ log }) => {
      for (let index = 0; index < 20; index++) await log.append('a', entries(2, 1 + 2 * index))
      await log.trim('a', 12)
      const { first, next, bytes } = await log.stat('a')
      expect(first).toBeLessThanOrEqual(12)
      expect(next).toBe(41)
      const read = await log.read('a', 1, unlimited)
      expect(read[0]?.position).toBe(first)
      expect(read.map(e => text(e.bytes))).toEqual(
        Array.from({ length: 41 - first }, (_, i) => `e${first + i}`),
      )
      expect(bytes).toBe(read.reduce((sum, e) => sum + e.bytes.length, 0))
      if (first > 1)
        expect(await log.get('a', [first - 1, first])).toMatchObject([undefined, { position: first }])
      expect(await log.seek('a', 0)).toBe(first)
    },
  )

  check(
    'trim to Infinity empties a log, and its positions go on, over a reopening too',
    async ({ log }, fixture) => {
      await log.append('a', entries(7))
      await log.trim('a', Number.POSITIVE_INFINITY)
      expect(await log.stat('a')).toEqual({ first: 8, next: 8, bytes: 0 })
      expect(await log.read('a', 1, unlimited)).toEqual([])
      const again = await fixture.reopen()
      expect(await again.log.stat('a')).toEqual({ first: 8, next: 8, bytes: 0 })
      expect(await again.log.append('a', entries(2))).toBe(8)
      expect(await again.log.stat('a')).toEqual({ first: 8, next: 10, bytes: 4 })
    },
  )

  check('trim below the first retained entry does nothing', async ({ log }) => {
    await log.append('a', entries(3))
    await log.trim('a', 1)
    await log.trim('a', 0)
    expect((await log.stat('a')).first).toBe(1)
  })

  check('trim after an append that is still under way removes what was appended', async ({ log }) => {
    const appended = log.append('a', entries(3))
    const trimmed = log.trim('a', Number.POSITIVE_INFINITY)
    await Promise.all([appended, trimmed])
    expect(await log.stat('a')).toEqual({ first: 4, next: 4, bytes: 0 })
  })
}
