import { FakeClock } from '@millrace/spi/conformance'
import { expect, test } from 'vitest'
import { createIdentity, fcResource, fcSignature, fcStringToSign, SecretBox } from '../../auth/index.ts'
import { CodeLinks, codeLinkSeconds } from './code-links.ts'

function linksOf(clock: FakeClock, secret = 7): CodeLinks {
  const identity = createIdentity({
    roots: [],
    source: () => {
      throw new Error('nobody is asked for')
    },
    secrets: new SecretBox(Buffer.alloc(32, secret)),
    clock,
  })
  return new CodeLinks(identity.stamp, clock)
}

const queryOf = (link: string): URLSearchParams => new URL(link).searchParams

test('a link leads to its package for a while, whichever process of the server is asked', async () => {
  const clock = new FakeClock()
  const link = linksOf(clock).of('http://server', 'code')
  expect(link).toMatch(/^http:\/\/server\/2016-08-15\/code-packages\/code\?/)

  expect(() => linksOf(clock).check('code', queryOf(link))).not.toThrow()
  await clock.advance((codeLinkSeconds + 1) * 1_000)
  expect(() => linksOf(clock).check('code', queryOf(link))).toThrow('the link has expired')
})

test('a link to another package, with another end, or of another server is none', () => {
  const clock = new FakeClock()
  const query = queryOf(linksOf(clock).of('http://server', 'code'))
  const later = new URLSearchParams(query)
  later.set('expires', String(Number(query.get('expires')) + 1))
  const refused = 'was not made by this server'

  expect(() => linksOf(clock).check('other', query)).toThrow(refused)
  expect(() => linksOf(clock).check('code', later)).toThrow(refused)
  expect(() => linksOf(clock).check('code', new URLSearchParams())).toThrow(refused)
  expect(() => linksOf(clock, 8).check('code', query)).toThrow(refused)
})

test('nobody makes a link with a key of an account', () => {
  const clock = new FakeClock()
  const pairs = [
    ['x-fc-access-key-id', 'MRKEY'],
    ['x-fc-expires', '9999999999'],
  ] as const
  const text = fcStringToSign('GET', {}, '9999999999', fcResource('/2016-08-15/code-packages/code', pairs))
  const query = new URLSearchParams(pairs.map(([name, value]): [string, string] => [name, value]))
  query.set('x-fc-signature', fcSignature(text, 'secret of the key'))

  expect(() => linksOf(clock).check('code', query)).toThrow('was not made by this server')
})
