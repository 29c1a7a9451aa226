import { describe, expect, test } from 'vitest'
import { childText, document, isWritable, leaf, readXml } from './xml.ts'

describe('XML of the service', () => {
  test('what is written is read again, whatever characters it has', () => {
    const text = 'a < b & c > d "q"\r\n\t ü 😀'
    const root = readXml(document('Message', leaf('MessageBody', text)))
    expect(root?.name).toBe('Message')
    expect(root && childText(root, 'MessageBody')).toBe(text)
  })

  test('a leaf without a value is nothing', () => expect(leaf('Priority', undefined)).toBe(''))

  test.each(['', 'no xml', '<a><b></a>', '<!DOCTYPE a><a/>', '<a/><b/>'])('%j is no document', text => {
    expect(readXml(text)).toBeUndefined()
  })

  test('a document with far too many elements is none', () => {
    expect(readXml(`<a>${'<b/>'.repeat(30_000)}</a>`)).toBeUndefined()
  })

  test.each([
    ['\u0000', false],
    ['\u001f', false],
    ['\uffff', false],
    ['\ud800', false],
    ['\t\n ü', true],
  ])('whether XML can carry %j: %s', (text, can) => expect(isWritable(text)).toBe(can))
})
