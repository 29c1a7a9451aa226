import { expect, test } from 'vitest'
import { PrebuiltRequest } from './prebuilt-request.ts'

test('every mark gets a number of its own, and the length counts bytes', () => {
  const request = new PrebuiltRequest(
    { method: 'POST', path: '/x', headers: { 'content-type': 'text/plain' }, body: 'ä{sequence}-{sequence}' },
    'localhost:1',
  )

  expect(request.sequences).toBe(2)
  expect(request.bytes(41).toString()).toBe(
    'POST /x HTTP/1.1\r\nhost: localhost:1\r\ncontent-type: text/plain\r\ncontent-length: 27\r\n\r\n' +
      'ä000000000041-000000000042',
  )
  expect(request.bytes(999_999_999_998).toString()).toContain('ä999999999998-999999999999')
})

test('a body without a mark is sent as it is', () => {
  const request = new PrebuiltRequest({ method: 'GET', path: '/', headers: {}, body: '' }, 'h')

  expect(request.sequences).toBe(0)
  expect(request.bytes(1).toString()).toBe('GET / HTTP/1.1\r\nhost: h\r\ncontent-length: 0\r\n\r\n')
})
