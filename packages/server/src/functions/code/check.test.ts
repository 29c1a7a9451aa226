import { expect, test } from 'vitest'
import { checkFiles } from './check.ts'
import { defaultCodeLimits } from './limits.ts'

function check(...paths: string[]): void {
  checkFiles(new Map(paths.map(path => [path, Buffer.from('x')])), defaultCodeLimits)
}

test('plain paths are accepted, in folders, with dots, blanks and letters of any script', () => {
  check(
    'index.js',
    'src/a.b/c.js',
    '.env',
    '..data',
    'with blank.txt',
    'größe/日本.js',
    'node_modules/@a/b/index.js',
  )
})

test.each([
  ['/etc/passwd', 'is absolute'],
  ['C:/windows', 'is absolute'],
  ['../out.js', 'has a part . or ..'],
  ['a/../../out.js', 'has a part . or ..'],
  ['./index.js', 'has a part . or ..'],
  ['a//b', 'has an empty part'],
  ['a/', 'has an empty part'],
  ['', 'is empty'],
  ['a\\b', 'has a backslash'],
  ['a\0b', 'has a control character'],
  ['a\nb', 'has a control character'],
  ['\ud800', 'is not valid Unicode'],
  ['x'.repeat(256), 'has a part longer than 255 bytes'],
  ['x/'.repeat(300), 'is longer than 512 bytes'],
  [`${'x/'.repeat(33)}x`, 'is deeper than 32 folders'],
])('the path %j is refused: %s', (path, reason) => {
  expect(() => check(path)).toThrow(reason)
  expect(() => check('index.js', path)).toThrow(expect.objectContaining({ code: 'function.code-invalid' }))
})

test('a name that is both a file and a folder is refused', () => {
  expect(() => check('a', 'a/b')).toThrow('a is both a file and a folder')
  expect(() => check('a/b/c', 'a/b')).toThrow('a/b is both a file and a folder')
})

test('a package without files, with too many or too large ones is refused with limit and value', () => {
  expect(() => checkFiles(new Map(), defaultCodeLimits)).toThrow('has no files')
  const limits = { ...defaultCodeLimits, filesMax: 1, bytesMax: 5 }
  const two = new Map([
    ['a', Buffer.from('x')],
    ['b', Buffer.from('y')],
  ])
  expect(() => checkFiles(two, limits)).toThrow('2 files; the limit is 1')
  expect(() => checkFiles(new Map([['a', Buffer.from('123456')]]), limits)).toThrow('6 bytes; the limit is 5')
})
