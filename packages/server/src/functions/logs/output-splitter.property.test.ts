import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type OutputLine, OutputSplitter } from './output-splitter.ts'

function split(bytes: Buffer, cuts: readonly number[]): OutputLine[] {
  const lines: OutputLine[] = []
  const splitter = new OutputSplitter('stdout', line => lines.push(line))
  for (let from = 0, turn = 0; from < bytes.length; turn++) {
    const to = from + (cuts[turn % cuts.length] ?? bytes.length)
    splitter.push(bytes.subarray(from, to))
    from = to
  }
  splitter.end()
  return lines
}

const piece = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.constantFrom(
    '\u001e',
    '\u001f',
    '\n',
    '\u001er1 o\u001f',
    '\u001er2 e\u001f',
    '\u001e\u001f',
    '\u001er3 ',
  ),
)

test('how the bytes are cut makes no difference', () => {
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 40 }),
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }),
      (pieces, cuts) => {
        const bytes = Buffer.from(pieces.join(''))
        expect(split(bytes, cuts)).toEqual(split(bytes, [bytes.length]))
      },
    ),
  )
})

test('text of requests that interleave comes out per request as it went in', () => {
  const write = fc.record({ id: fc.constantFrom('a', 'b', 'c'), text: fc.stringMatching(/^[a-z\n]{0,12}$/) })
  fc.assert(
    fc.property(fc.array(write, { maxLength: 30 }), writes => {
      const bytes = Buffer.from(
        writes.map(({ id, text }) => `\u001e${id} o\u001f${text}\u001e\u001f`).join(''),
      )
      const lines = split(bytes, [bytes.length])
      for (const id of ['a', 'b', 'c']) {
        const whole = writes
          .filter(each => each.id === id)
          .map(each => each.text)
          .join('')
        const expected = whole.endsWith('\n') ? whole.slice(0, -1).split('\n') : whole.split('\n')
        const own = lines.filter(line => line.requestId === id).map(line => line.text)
        expect(own).toEqual(whole === '' ? [] : expected)
      }
    }),
  )
})
