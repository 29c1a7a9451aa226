import { describe, expect, test } from 'vitest'
import { Block, blockBytesMax, blockEnd, blockEntriesMax, encodeBlock, readOutline } from './block.ts'

const header = { first: 10, bytesBefore: 5, acceptedAtMsMax: 2_000, group: 3, chain: 7, last: true }
const entries = ['', 'one', 'and another'].map((text, index) => ({
  bytes: Buffer.from(text),
  acceptedAtMs: 1_000 - index,
}))
const sound = (): Buffer => encodeBlock(1, header, entries, 0, entries.length)

describe('a block', () => {
  test('gives back what was put into it', () => {
    const block = new Block('log', 1, 10, sound())
    expect(block).toMatchObject({ ...header, count: 3, next: 13 })
    expect([10, 11, 12].map(position => block.entry(position)?.bytes.toString())).toEqual([
      '',
      'one',
      'and another',
    ])
    expect(block.entry(12)?.acceptedAtMs).toBe(998)
    expect(block.entry(13)).toBeUndefined()
    expect([10, 11, 12, 13].map(position => block.bytesBeforePosition(position))).toEqual([5, 5, 8, 19])
    expect(readOutline(sound(), 0)).toEqual({ first: 10, count: 3, size: sound().length })
  })

  test('with any one byte changed is refused as corrupt', () => {
    for (let at = 0; at < sound().length; at++) {
      const bytes = sound()
      bytes.writeUInt8(bytes.readUInt8(at) ^ 0x10, at)
      expect(() => new Block('log', 1, 10, bytes), `byte ${at}`).toThrow('Log log is damaged at position 10')
    }
  })

  test('that is cut short, or of another log or position, is refused as corrupt', () => {
    expect(() => new Block('log', 1, 10, sound().subarray(0, 90))).toThrow('damaged')
    expect(() => new Block('log', 2, 10, sound())).toThrow('belongs elsewhere')
    expect(() => new Block('log', 1, 11, sound())).toThrow('belongs elsewhere')
  })
})

describe('entries are divided into blocks', () => {
  const many = (count: number, bytes: number, acceptedAtMs: (index: number) => number = () => 1) =>
    Array.from({ length: count }, (_, index) => ({
      bytes: new Uint8Array(bytes),
      acceptedAtMs: acceptedAtMs(index),
    }))

  test('by number and by bytes, at least one in each', () => {
    expect(blockEnd(many(5_000, 1), 0)).toBe(blockEntriesMax)
    expect(blockEnd(many(10, 400_000), 3)).toBe(5)
    expect(blockEnd(many(2, blockBytesMax + 1), 0)).toBe(1)
  })

  test('where times are too far apart or too fine for one', () => {
    expect(
      blockEnd(
        many(3, 1, index => index * 3_000_000_000),
        0,
      ),
    ).toBe(1)
    expect(
      blockEnd(
        many(3, 1, index => index * 0.25),
        1,
      ),
    ).toBe(2)
  })
})
