import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodePackage, encodePackage } from './package.ts'

const files = fc
  .array(fc.tuple(fc.string({ minLength: 1, unit: 'grapheme' }), fc.uint8Array({ maxLength: 200 })))
  .map(entries => new Map(entries))

test('a package comes out as it went in', () => {
  fc.assert(
    fc.property(files, given => {
      const taken = decodePackage(encodePackage(given))
      expect(new Map([...taken].map(([path, content]) => [path, Uint8Array.from(content)]))).toEqual(given)
    }),
  )
})

test('the order of the files makes no difference to the bytes', () => {
  fc.assert(
    fc.property(files, given => {
      const turned = new Map([...given].reverse())
      expect(encodePackage(turned)).toEqual(encodePackage(given))
    }),
  )
})

test('bytes that are cut or longer are refused, never read wrongly', () => {
  fc.assert(
    fc.property(files, fc.nat(), (given, chance) => {
      const bytes = encodePackage(given)
      const cut = bytes.subarray(0, chance % bytes.length)
      expect(() => decodePackage(cut)).toThrow('no code package')
      expect(() => decodePackage(Buffer.concat([bytes, Buffer.from('x')]))).toThrow('left over')
    }),
  )
})
