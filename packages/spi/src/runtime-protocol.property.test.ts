import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeFrame, type Frame, FrameReader, type FrameType } from './runtime-protocol.ts'

const frames = fc.array(
  fc.record({
    type: fc.integer({ min: 0, max: 255 }),
    channel: fc.integer({ min: 0, max: 0xffff_ffff }),
    header: fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.constant(null))),
    payload: fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.integer({ min: 32_760, max: 32_776 }).map(length => new Uint8Array(length).fill(length)),
    ),
  }),
  { minLength: 1, maxLength: 5 },
)

test('frames come out as they went in, however the bytes are cut', () => {
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1 }), (sent, cuts) => {
      const bytes = Buffer.concat(
        sent.flatMap(({ type, channel, header, payload }) => {
          return encodeFrame(type as FrameType, channel, header, payload)
        }),
      )
      const reader = new FrameReader()
      const received: Frame[] = []
      for (let from = 0, turn = 0; from < bytes.length; turn++) {
        const to = from + (cuts[turn % cuts.length] ?? 1)
        received.push(...reader.push(bytes.subarray(from, to)))
        from = to
      }
      const plain = received.map(frame => ({ ...frame, payload: Uint8Array.from(frame.payload) }))
      const expected = sent.map(frame => ({
        ...frame,
        header: JSON.parse(JSON.stringify(frame.header)) as object,
      }))
      expect(plain).toEqual(expected)
    }),
  )
})
