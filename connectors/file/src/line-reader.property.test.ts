import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LineReader } from './line-reader.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-file-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** All lines from an offset on: where each begins and ends, and its bytes as text. */
async function read(path: string, offset: number, lineBytesMax: number): Promise<unknown[]> {
  await using handle = await open(path)
  const reader = new LineReader(handle, offset, lineBytesMax)
  const lines: unknown[] = []
  for (;;) {
    const next = await reader.next()
    if (next === undefined) break
    for (const { bytes, length, start, end } of next)
      lines.push([bytes?.toString('latin1') ?? length, start, end])
  }
  const rest = reader.rest()
  if (rest !== undefined) lines.push([rest.bytes?.toString('latin1') ?? rest.length, rest.start, rest.end])
  return lines
}

/** The same, the plain way. */
function expected(text: string, offset: number, lineBytesMax: number): unknown[] {
  const lines: unknown[] = []
  let start = offset
  while (start < text.length) {
    const at = text.indexOf('\n', start)
    const [contentEnd, end] = at < 0 ? [text.length, text.length] : [at, at + 1]
    const content = text.slice(start, contentEnd)
    const line = content.endsWith('\r') ? content.slice(0, -1) : content
    if (line.length > lineBytesMax)
      lines.push([line.length === content.length ? line.length : expect.any(Number), start, end])
    else if (!/^[ \t]*$/.test(line)) lines.push([line, start, end])
    start = end
  }
  return lines
}

const piece = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('\n', '\r\n', '\r', ' ', '\t') },
  { weight: 2, arbitrary: fc.string({ maxLength: 12, unit: 'binary-ascii' }) },
  { weight: 1, arbitrary: fc.integer({ min: 262_100, max: 262_200 }).map(length => 'x'.repeat(length)) },
)

test('lines are those that stand between the ends of lines, wherever reading begins and chunks end', async () => {
  const path = join(folder, 'lines')
  const texts = fc
    .array(piece, { maxLength: 30 })
    .map(pieces => pieces.join('').replaceAll(/[^\x00-\x7f]/g, '?'))
  await fc.assert(
    fc.asyncProperty(
      texts,
      fc.nat(40),
      fc.constantFrom(1, 3, 8, 262_144, 1_000_000),
      async (text, offset, lineBytesMax) => {
        const from = Math.min(offset, text.length)
        await writeFile(path, text, 'latin1')
        expect(await read(path, from, lineBytesMax)).toEqual(expected(text, from, lineBytesMax))
      },
    ),
    { numRuns: 60 },
  )
})
