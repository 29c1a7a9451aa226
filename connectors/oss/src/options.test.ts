import { optionsParser } from '@millrace/spi'
import { describe, expect, test } from 'vitest'
import { connector } from './index.ts'
import { keyPath } from './key.ts'

const reach = { accessKeyId: 'id', accessKeySecret: 'secret', bucket: 'demo' }

function check(half: 'source' | 'sink', options: object): void {
  const definition = connector[half]!
  definition.check?.(optionsParser('oss', definition.options)(options))
}

describe('what a schema cannot say', () => {
  test('a source that only listens needs no access key and no bucket', () => check('source', {}))
  test('a sink needs a bucket and an access key', () => check('sink', reach))

  test.each([
    ['sink', { ...reach, accessKeySecret: '' }, 'option accessKeySecret is required'],
    ['sink', { ...reach, endpoint: 'ftp://x' }, 'option endpoint'],
    ['sink', { ...reach, endpoint: 'https://user:word@x' }, 'option endpoint'],
    ['sink', { ...reach, pathFormat: '{year}' }, 'option pathFormat has {year}'],
    ['sink', { ...reach, timeZone: 'Mars' }, 'option timeZone is no time zone'],
    ['sink', { ...reach, tls: { certificate: 'x' } }, 'option tls.key and tls.certificate go together'],
    ['sink', { ...reach, bucket: 'Upper' }, 'bucket'],
    ['source', { mode: 'list', ...reach, bucket: undefined }, 'option bucket is needed'],
    ['source', { content: 'single', bucket: 'demo' }, 'option accessKeyId is required'],
    ['sink', { ...reach, endpoint: 'http://[::1]:9000', addressing: 'virtual-host' }, 'option addressing'],
    ['source', { endpoint: 'nowhere' }, 'option endpoint'],
  ] as const)('%s with %o is refused', (half, options, words) => {
    expect(() => check(half, JSON.parse(JSON.stringify(options)) as object)).toThrow(
      expect.objectContaining({ code: 'options.invalid', message: expect.stringContaining(words) }),
    )
  })
})

describe('keys', () => {
  test.each([
    ['a/b c+d.txt', 'a/b%20c%2Bd.txt'],
    ["!'()*", '%21%27%28%29%2A'],
    ['ü//x', '%C3%BC//x'],
  ])('%s stands in a path as %s', (key, path) => expect(keyPath(key, 'sink')).toBe(path))

  test.each(['', '..', 'a/./b', 'k'.repeat(1_025), '\ud800'])('%j stands in none', key => {
    expect(() => keyPath(key, 'sink')).toThrow(expect.objectContaining({ code: 'sink.rejected' }))
  })
})
