import { describe, expect, test } from 'vitest'
import { parsePath, pathSegmentsMax } from './path-syntax.ts'

describe('a definite path is parsed into its steps', () => {
  test.each([
    ['$', []],
    ['$.data', ['data']],
    ['$.data.user.name', ['data', 'user', 'name']],
    ['$.detail-type', ['detail-type']],
    ['$.$ref.@id.größe.日本', ['$ref', '@id', 'größe', '日本']],
    ['$.data.0', ['data', '0']],
    ["$['data']", ['data']],
    ['$["a.b"]', ['a.b']],
    ["$['it\\'s']", ["it's"]],
    ['$["say \\"hi\\""]', ['say "hi"']],
    ["$['a\"b']", ['a"b']],
    ["$['']", ['']],
    ["$['\\u0041\\ud83d\\ude00\\n\\/\\\\']", ['A😀\n/\\']],
    ['$[0]', [0]],
    ['$.tags[10][-1]', ['tags', 10, -1]],
    ['$[ 0 ] [ "a" ] .b', [0, 'a', 'b']],
    ['$.a[9007199254740991]', ['a', 9007199254740991]],
  ])('%s', (text, segments) => {
    expect(parsePath(text, 'value')).toEqual(segments)
  })
})

describe('what is no path, or may address more than one value, is refused with place and reason', () => {
  test.each([
    ['', 0, 'begins with `$`'],
    ['data.name', 0, 'begins with `$`'],
    [' $.a', 0, 'begins with `$`'],
    ['$data', 1, 'a step begins'],
    ['$.', 2, 'a name is missing'],
    ['$.a.', 4, 'a name is missing'],
    ['$. a', 2, 'a name is missing'],
    ['$..name', 1, '`..` may address'],
    ['$.a..b', 3, '`..` may address'],
    ['$.*', 2, '`*` may address'],
    ['$.a[*]', 4, '`*` may address'],
    ['$.a*', 3, 'in brackets and quotes'],
    ["$.a[?@.b == 'c']", 4, 'a filter'],
    ['$.a[?(@.b)]', 4, 'a filter'],
    ['$.a[0:2]', 5, 'a slice'],
    ['$.a[:2]', 4, 'a slice'],
    ['$.a[0,1]', 5, 'a list of names'],
    ["$['a','b']", 5, 'a list of names'],
    ['$.a.length()', 10, 'functions'],
    ['$.a[]', 4, 'an index or a name'],
    ['$.a[b]', 4, 'an index or a name'],
    ['$.a[01]', 4, 'leading zero'],
    ['$.a[-0]', 4, 'leading zero'],
    ['$.a[9007199254740992]', 4, '2^53'],
    ['$.a[0', 5, '`]` is missing'],
    ['$.a[1.5]', 5, '`]` is missing'],
    ["$['a", 4, 'closing quote'],
    ["$['a\nb']", 4, 'control characters'],
    ["$['\\x41']", 4, 'escape'],
    ["$['\\u12']", 4, 'hexadecimal'],
    ["$['\\ud800']", 10, 'surrogate'],
    ['$.a\ud800', 0, 'surrogate'],
    ['$.a ', 3, 'nothing may follow'],
    ['$ ', 1, 'nothing may follow'],
    ['$.a b', 4, 'a step begins'],
    ["$.it's", 4, 'in brackets and quotes'],
    [`$${'.a'.repeat(pathSegmentsMax + 1)}`, 1 + 2 * (pathSegmentsMax + 1), 'at most 256 steps'],
  ])('%j at %i: %s', (text, offset, reason) => {
    expect(() => parsePath(text, 'value.user')).toThrow(
      expect.objectContaining({
        code: 'transform.invalid',
        details: { path: 'value.user', offset, reason: expect.stringContaining(reason) },
        retry: { kind: 'never' },
      }),
    )
  })
})
