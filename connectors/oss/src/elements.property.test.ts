import fc from 'fast-check'
import { expect, test } from 'vitest'
import { elementsOf } from './elements.ts'

/** The slow way: all at once. */
function split(text: Buffer, delimiter: string, bytesMax: number): (string | number)[] {
  return text
    .toString('latin1')
    .split(delimiter)
    .map(element => (delimiter === '\n' ? element.replace(/\r$/, '') : element))
    .filter(element => element !== '')
    .map(element => (element.length > bytesMax ? element.length : element))
}

async function* chunked(text: Buffer, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let start = 0
  for (let i = 0; start < text.length; i++) {
    const end = start + (sizes[i % sizes.length] ?? 1)
    yield text.subarray(start, end)
    start = end
    await Promise.resolve()
  }
}

test('elements are what splitting the whole yields, however the content comes in', async () => {
  const content = fc.array(fc.constantFrom('a', 'bc', 'defg', 'x'.repeat(9), '\r', '\n', '\r\n', '--', '-'))
  const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 })
  await fc.assert(
    fc.asyncProperty(
      content,
      sizes,
      fc.constantFrom('\n', '--', '-a-'),
      fc.integer({ min: 1, max: 12 }),
      async (parts, pieces, delimiter, bytesMax) => {
        const text = Buffer.from(parts.join(''))
        const found: (string | number)[] = []
        for await (const part of elementsOf(chunked(text, pieces), Buffer.from(delimiter), bytesMax)) {
          found.push('bytes' in part ? part.bytes.toString('latin1') : part.tooLong)
        }
        expect(found).toEqual(split(text, delimiter, bytesMax))
      },
    ),
  )
})
