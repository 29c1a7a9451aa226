import { expect, test } from 'vitest'
import { readBlocks } from './blocks.ts'

test('a block has its language, its text and the line where it begins', () => {
  expect(readBlocks('# Title\n\n```sh\nnpm ci\n```\n')).toMatchObject([
    { line: 3, language: 'sh', text: 'npm ci\n', directive: undefined, file: undefined, follows: false },
  ])
})

test('the file of a block is named by the paragraph before it, or by its first line', () => {
  const page = [
    'Put this into `a.mjs` and deploy it:\n\n```js\n1\n```',
    '`b.yaml`:\n\n```yaml\na: 1\n```',
    '```ts\n// c.ts\nexport {}\n```',
    'It says `no.file` here, and more.\n\n```js\n2\n```',
  ].join('\n\n')

  expect(readBlocks(page).map(({ file }) => file)).toEqual(['a.mjs', 'b.yaml', 'c.ts', undefined])
})

test('a comment says what becomes of the block behind it, and of no other', () => {
  const page = [
    '<!-- snippet: not run: needs a broker -->\n\n```sh\na\n```',
    '<!-- snippet: run by tests/a.test.ts -->\n```sh\nb\n```',
    'Text.\n\n<!-- snippet: exit 1 -->\n\n```sh\nc\n```',
    '<!-- snippet: given a, b -->\n\n```ts\nd\n```',
    '```sh\ne\n```',
  ].join('\n\n')

  expect(readBlocks(page).map(({ directive }) => directive)).toEqual([
    { kind: 'not-run', reason: 'needs a broker' },
    { kind: 'run-by', path: 'tests/a.test.ts' },
    { kind: 'exit', status: 1 },
    { kind: 'given', names: ['a', 'b'] },
    undefined,
  ])
})

test('a comment that nobody understands, and a block without an end, are refused with their line', () => {
  expect(() => readBlocks('<!-- snippet: skip -->\n\n```sh\na\n```\n')).toThrow('above line 3 says "skip"')
  expect(() => readBlocks('\n```sh\na\n')).toThrow('the block of line 2 is not closed')
})

test('a block follows the one before it below the same heading', () => {
  const page = '```sh\na\n```\n\nsays\n\n```text\nb\n```\n\n## Next\n\n```text\nc\n```\n'

  expect(readBlocks(page).map(({ follows }) => follows)).toEqual([false, true, false])
})
