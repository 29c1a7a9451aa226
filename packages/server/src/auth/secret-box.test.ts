import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SecretBox } from './secret-box.ts'

const box = new SecretBox(Buffer.alloc(32, 7))

test('what was sealed opens to what it was, and does not show it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 4 }), text => {
      const sealed = box.seal(text)
      expect(box.open(sealed)).toBe(text)
      expect(sealed).not.toContain(text)
    }),
  )
})

test('the same secret has the same sealed form, and sealing twice changes nothing', () => {
  expect(box.seal('a')).toBe(box.seal('a'))
  expect(box.seal(box.seal('a'))).toBe(box.seal('a'))
  expect(box.seal('a')).not.toBe(box.seal('b'))
})

test('a changed letter or another key is noticed', () => {
  const sealed = box.seal('secret')
  const middle = sealed.length - 8
  const changed = sealed.slice(0, middle) + (sealed[middle] === 'A' ? 'B' : 'A') + sealed.slice(middle + 1)
  const refused = expect.objectContaining({ code: 'secret.unreadable' })
  expect(() => box.open(changed)).toThrow(refused)
  expect(() => new SecretBox(Buffer.alloc(32, 8)).open(sealed)).toThrow(refused)
})

test('sealed texts are opened wherever they stand', () => {
  const value = { a: box.seal('x'), b: [{ c: box.seal('y') }, 1, null], d: 'plain' }
  expect(box.openAll(value)).toEqual({ a: 'x', b: [{ c: 'y' }, 1, null], d: 'plain' })
})
