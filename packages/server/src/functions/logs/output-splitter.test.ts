import { expect, test } from 'vitest'
import { type OutputLine, OutputSplitter } from './output-splitter.ts'

function split(...chunks: string[]): OutputLine[] {
  const lines: OutputLine[] = []
  const splitter = new OutputSplitter('stdout', line => lines.push(line))
  for (const chunk of chunks) splitter.push(Buffer.from(chunk))
  splitter.end()
  return lines
}

const out = (requestId: string | undefined, text: string): OutputLine => ({
  requestId,
  stream: 'stdout',
  text,
})

test('a mark gives what follows to its request and stream, until the empty mark', () => {
  expect(split('before\n\u001er1 o\u001fmine\n\u001e\u001fafter\n\u001er2 e\u001fbad\n\u001e\u001f')).toEqual(
    [
      out(undefined, 'before'),
      out('r1', 'mine'),
      out(undefined, 'after'),
      { requestId: 'r2', stream: 'stderr', text: 'bad' },
    ],
  )
})

test('a line may be written in parts, with lines of others in between', () => {
  const parts = [
    '\u001er1 o\u001fone ',
    '\u001e\u001f\u001er2 o\u001ftwo\n\u001e\u001f',
    '\u001er1 o\u001fline\n',
  ]
  expect(split(...parts)).toEqual([out('r2', 'two'), out('r1', 'one line')])
})

test('a record separator that begins no mark is text', () => {
  expect(split('a\u001eb\n')).toEqual([out(undefined, 'a\u001eb')])
  expect(split('\u001er1 x\u001f\n')).toEqual([out(undefined, '\u001er1 x\u001f')])
  expect(split(`\u001e${'i'.repeat(200)} o\u001f\n`)).toHaveLength(1)
})

test('a mark of no request says the stream alone', () => {
  expect(split('\u001e e\u001fx\n')).toEqual([{ requestId: undefined, stream: 'stderr', text: 'x' }])
})

test('a line above 32 KiB comes in pieces of that size', () => {
  const lengths = split(`${'x'.repeat(70_000)}\nend\n`).map(line => line.text.length)
  expect(lengths).toEqual([32_768, 32_768, 4_464, 3])
})

test('what has no line feed at the end is a line, an unfinished mark text', () => {
  expect(split('open')).toEqual([out(undefined, 'open')])
  expect(split('open\u001er1 ')).toEqual([out(undefined, 'open\u001er1 ')])
})

test('more than 256 unfinished lines are not kept: the oldest is given out', () => {
  const lines: OutputLine[] = []
  const splitter = new OutputSplitter('stdout', line => lines.push(line))
  for (let count = 0; count < 257; count++)
    splitter.push(Buffer.from(`\u001er${count} o\u001fpart\u001e\u001f`))
  expect(lines).toEqual([out('r0', 'part')])
})
