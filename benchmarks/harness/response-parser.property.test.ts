import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ResponseParser } from './response-parser.ts'

const body = (length: number) => 'x'.repeat(length)

const response = fc.oneof(
  fc.record({ status: fc.constantFrom(200, 404, 503), length: fc.nat(300) }).map(({ status, length }) => ({
    status,
    text: `HTTP/1.1 ${status} Text\r\nContent-Length: ${length}\r\nX: y\r\n\r\n${body(length)}`,
  })),
  fc.constantFrom(204, 304).map(status => ({ status, text: `HTTP/1.1 ${status} None\r\nX: y\r\n\r\n` })),
  fc.array(fc.integer({ min: 1, max: 100 })).map(lengths => ({
    status: 200,
    text: [
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
      ...lengths.map(length => `${length.toString(16)}\r\n${body(length)}\r\n`),
      '0\r\n\r\n',
    ].join(''),
  })),
  fc.constant({
    status: 201,
    text: 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Made\r\ncontent-length:0\r\n\r\n',
  }),
)

test('responses are told apart however the bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.array(response, { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 40 })),
      (sent, cuts) => {
        const seen: number[] = []
        const parser = new ResponseParser(status => seen.push(status))
        let rest = Buffer.from(sent.map(({ text }) => text).join(''))
        for (const cut of cuts) {
          parser.push(rest.subarray(0, cut))
          rest = rest.subarray(cut)
        }
        parser.push(rest)

        expect(seen).toEqual(sent.map(({ status }) => status))
      },
    ),
  )
})

test('a response that closes the connection says so', () => {
  const seen: boolean[] = []
  const parser = new ResponseParser((_status, closes) => seen.push(closes))

  parser.push(Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'))

  expect(seen).toEqual([true])
})

test('bytes that are not HTTP are refused', () => {
  const parser = new ResponseParser(() => {})

  expect(() => parser.push(Buffer.from('SSH-2.0-x\r\n\r\n'))).toThrow('not an HTTP response')
})
