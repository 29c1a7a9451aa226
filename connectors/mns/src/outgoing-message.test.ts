import { optionsParser } from '@millrace/spi'
import { outgoing } from '@millrace/spi/conformance'
import { describe, expect, test } from 'vitest'
import { MnsSinkOptions } from './options.ts'
import { batches, messageBytesMax, outgoingMessage } from './outgoing-message.ts'

const options = optionsParser('mns', MnsSinkOptions)({ queue: 'q' }) as MnsSinkOptions
const body = (text: string): Uint8Array => Buffer.from(text)

describe('messages', () => {
  test('parameters become elements', () => {
    const parameters = { delaySeconds: '5', priority: '1', messageTag: 'vip' }
    const { xml } = outgoingMessage(outgoing('a', { body: body('<hi>'), parameters }), options)
    expect(xml).toBe(
      '<Message><MessageBody>&lt;hi&gt;</MessageBody><DelaySeconds>5</DelaySeconds><Priority>1</Priority><MessageTag>vip</MessageTag></Message>',
    )
  })

  test('a body goes as Base64 where the options or the target say so', () => {
    const encoded = '<Message><MessageBody>aGk=</MessageBody></Message>'
    const record = outgoing('a', { body: body('hi') })
    expect(outgoingMessage(record, { ...options, base64Encode: true }).xml).toBe(encoded)
    expect(outgoingMessage({ ...record, parameters: { base64Encode: 'true' } }, options).xml).toBe(encoded)
  })

  test.each([
    [{ body: body('x'.repeat(messageBytesMax + 1)) }, 'has 65537 bytes'],
    [{ body: body('') }, 'is empty'],
    [{ body: body('\u0000') }, 'set base64Encode'],
    [{ parameters: { delaySeconds: '-1' } }, 'from 0 to 604800'],
    [{ parameters: { priority: 'high' } }, 'from 1 to 16'],
    [{ parameters: { messageTag: 'x'.repeat(17) } }, 'has 17 characters, at most 16'],
  ])('%o cannot be sent', (change, message) => {
    expect(() => outgoingMessage(outgoing('a', change), options)).toThrow(
      expect.objectContaining({ code: 'sink.rejected', message: expect.stringContaining(message) }),
    )
  })

  test('a request takes so many messages, and so many bytes', () => {
    const of = (bytes: number) => ({ xml: '', bytes })
    expect(batches([of(1), of(1), of(1)], 2)).toEqual([[0, 1], [2]])
    expect(batches([of(60_000), of(6_000), of(1)], 16)).toEqual([[0], [1, 2]])
    expect(batches([], 16)).toEqual([])
  })
})
