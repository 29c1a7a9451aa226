import { expect, test } from 'vitest'
import { encodeFrame, frameBytesMax, FrameReader, frameType, ProtocolError } from './runtime-protocol.ts'

test('the example of the protocol page is encoded as it stands there', () => {
  const chunks = encodeFrame(frameType.invoke, 1, { requestId: 'r', deadlineMs: 1 }, Buffer.from('hi'))
  const prefix = '0000002b020000000100000020'
  const header = Buffer.from('{"requestId":"r","deadlineMs":1}').toString('hex')
  expect(Buffer.concat(chunks).toString('hex')).toBe(`${prefix}${header}6869`)
})

test('a frame without header and payload has 13 bytes', () => {
  const chunks = encodeFrame(frameType.ping, 7, undefined, undefined)
  expect(Buffer.concat(chunks).toString('hex')).toBe('00000009050000000700000000')
})

test('a length outside the limits is refused before a buffer of that size is made', () => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(frameBytesMax + 1)
  expect(() => new FrameReader().push(length)).toThrow(ProtocolError)
  expect(() => new FrameReader().push(Buffer.from('00000008', 'hex'))).toThrow('outside 9')
})

test('a header that is longer than its frame, no JSON, or no object is refused', () => {
  const frame = (header: string): Buffer => {
    const bytes = Buffer.alloc(13)
    bytes.writeUInt32BE(9 + header.length, 0)
    bytes.writeUInt32BE(header.length, 9)
    return Buffer.concat([bytes, Buffer.from(header)])
  }
  for (const header of ['[1]', '1', 'null', '{', '"x"']) {
    expect(() => new FrameReader().push(frame(header))).toThrow('not a JSON object')
  }
  const cut = frame('{}')
  cut.writeUInt32BE(3, 9)
  expect(() => new FrameReader().push(cut)).toThrow('does not fit')
})

test('a payload above the limit is not encoded', () => {
  const payload = Buffer.alloc(frameBytesMax)
  expect(() => encodeFrame(frameType.result, 1, undefined, payload)).toThrow(ProtocolError)
})
