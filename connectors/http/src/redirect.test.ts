import { describe, expect, test } from 'vitest'
import type { HttpRequest } from './request.ts'
import { redirectedRequest } from './redirect.ts'

const request: HttpRequest = {
  origin: 'https://a.test',
  path: '/in/x?k=1',
  method: 'POST',
  headers: new Map([
    ['content-type', 'application/json'],
    ['millrace-event-id', 'e1'],
    ['authorization', 'Bearer hush'],
    ['x-own', '1'],
  ]),
  body: new Uint8Array([1]),
}
const isOwn = (name: string): boolean => name === 'authorization' || name === 'x-own'

describe('a redirect', () => {
  test.each([301, 302, 307, 308])('%i repeats method and body', status => {
    expect(redirectedRequest(request, status, '/out', isOwn)).toEqual({ ...request, path: '/out' })
  })

  test('303 asks with GET, without the body', () => {
    const next = redirectedRequest(request, 303, '/result', isOwn)
    expect(next).toMatchObject({ path: '/result', method: 'GET', body: null })
    expect(next?.headers.has('content-type')).toBe(false)
  })

  test.each([
    ['y', 'https://a.test', '/in/y'],
    ['?k=2', 'https://a.test', '/in/x?k=2'],
    ['//b.test/z', 'https://b.test', '/z'],
    ['https://b.test:8443/z#part', 'https://b.test:8443', '/z'],
    ['https://user:pass@b.test/', 'https://b.test', '/'],
  ])('to %s goes to %s%s', (location, origin, path) => {
    expect(redirectedRequest(request, 307, location, isOwn)).toMatchObject({ origin, path })
  })

  test('to another origin goes without the headers of the options', () => {
    const same = redirectedRequest(request, 307, '/y', isOwn)
    const other = redirectedRequest(request, 307, 'https://b.test/', isOwn)
    expect([...(same?.headers.keys() ?? [])]).toContain('authorization')
    expect([...(other?.headers.keys() ?? [])]).toEqual(['content-type', 'millrace-event-id'])
  })

  test.each([
    [300, '/y'],
    [304, '/y'],
    [305, '/y'],
    [200, '/y'],
    [302, undefined],
    [302, 'http://a.test/'],
    [302, 'ftp://a.test/'],
    [302, 'file:///etc/passwd'],
    [302, 'https://'],
  ])('with status %i to %s is not followed', (status, location) => {
    expect(redirectedRequest(request, status, location, isOwn)).toBeUndefined()
  })
})
