import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DomainView } from '../../resources/index.ts'
import { domainOf, type DomainRoute, routeOf } from './routes.ts'

function routes(...paths: string[]): DomainRoute[] {
  return paths.map((path, index) => ({ path, function: `f${index + 1}`, methods: [] }))
}

test.each([
  ['/', 'f1'],
  ['/user', 'f2'],
  ['/login', 'f3'],
  ['/login/a', 'f4'],
  ['/login/b', 'f5'],
])('by the documented routes %s leads to %s', (path, expected) => {
  expect(routeOf(routes('/', '/*', '/login', '/login/a', '/login/*'), path)?.function).toBe(expected)
})

test('the route is the exact one, else the one with the longest beginning', () => {
  const path = fc.stringMatching(/^\/[ab/]{0,4}\*?$/)
  fc.assert(
    fc.property(
      fc.uniqueArray(path, { maxLength: 8 }),
      fc.stringMatching(/^\/[ab/]{0,6}$/),
      (paths, given) => {
        const [best] = paths
          .filter(one => one === given || (one.endsWith('*') && given.startsWith(one.slice(0, -1))))
          .toSorted((left, right) => {
            if (left === given || right === given) return left === given ? -1 : 1
            return right.length - left.length
          })
        expect(routeOf(routes(...paths), given)?.path).toBe(best)
      },
    ),
  )
})

test('a host belongs to the exact domain before the one with *, which stands for one label', () => {
  const domains = new Map(
    ['a.example.com', '*.example.com', '*.com'].map(name => [name, { name } as DomainView]),
  )
  const found = (host: string): string | undefined => domainOf(domains, host)?.name

  expect(found('a.example.com')).toBe('a.example.com')
  expect(found('b.example.com')).toBe('*.example.com')
  expect(found('b.a.example.com')).toBeUndefined()
  expect(found('example.com')).toBe('*.com')
  expect(found('localhost')).toBeUndefined()
  expect(found('.example.com')).toBeUndefined()
})
