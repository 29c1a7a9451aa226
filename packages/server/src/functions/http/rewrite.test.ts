import { describe, expect, test } from 'vitest'
import { createRewriter } from './rewrite.ts'

interface Rules {
  equal?: { match: string; replacement: string }[]
  wildcard?: { match: string; replacement: string }[]
  regex?: { match: string; replacement: string }[]
}

async function rewritten(rules: Rules, path: string, query = ''): Promise<string> {
  const rewrite = await createRewriter({ equal: [], wildcard: [], regex: [], ...rules })
  const place = rewrite({ path, query })
  return place.query === '' ? place.path : `${place.path}?${place.query}`
}

describe('the rules of a route', () => {
  test.each([
    [{ equal: [{ match: '/old', replacement: '/new' }] }, '/old', '/new'],
    [{ equal: [{ match: '/old', replacement: '/new' }] }, '/old/a', '/old/a'],
    [{ wildcard: [{ match: '/api/*', replacement: '/$1' }] }, '/api/a/b', '/a/b'],
    [{ wildcard: [{ match: '^/old', replacement: '/new' }] }, '/test/old', '/test/old'],
    [{ wildcard: [{ match: '/old', replacement: '/new' }] }, '/test/old', '/new'],
    [{ wildcard: [{ match: '/*/to/*', replacement: '/$2/$1' }] }, '/a/to/b', '/b/a'],
    [{ regex: [{ match: '^/api/.+?/(.*)', replacement: '/api/v2/$1' }] }, '/api/v1/x/y', '/api/v2/x/y'],
    [{ regex: [{ match: 'v1', replacement: 'v2' }] }, '/api/v1/v1', '/api/v2/v1'],
    [{ equal: [{ match: '/a', replacement: 'b' }] }, '/a', '/b'],
  ])('%j turns %s into %s', async (rules, path, expected) => {
    expect(await rewritten(rules, path)).toBe(expected)
  })

  test('are asked equal ones first, then wildcards, then expressions, and the first that fits is the only one', async () => {
    const wildcard = [
      { match: '/a*', replacement: '/wild' },
      { match: '/ab', replacement: '/second' },
    ]
    const regex = [{ match: '.*', replacement: '/expression' }]
    const rules = { equal: [{ match: '/a', replacement: '/ab' }], wildcard, regex }

    expect(await rewritten(rules, '/a')).toBe('/ab')
    expect(await rewritten(rules, '/ab')).toBe('/wild')
    expect(await rewritten(rules, '/b')).toBe('/expression')
  })

  test('put their query before that of the request', async () => {
    const rules = { wildcard: [{ match: '/item/*', replacement: '/item?id=$1' }] }

    expect(await rewritten(rules, '/item/7', 'x=1')).toBe('/item?id=7&x=1')
  })

  test.each(['(?=a)', '(a)\\1', '('])('with the expression %s are refused', async match => {
    await expect(rewritten({ regex: [{ match, replacement: '' }] }, '/')).rejects.toMatchObject({
      code: 'domain.invalid',
    })
  })

  test('cannot be slow: an expression that ruins others takes as long as any', async () => {
    const rules = { regex: [{ match: '^/(a+)+$', replacement: '/never' }] }
    const path = `/${'a'.repeat(4_000)}!`

    expect(await rewritten(rules, path)).toBe(path)
  })
})
