import { expect, test } from 'vitest'
import { outputError, sinkClosed } from './errors.ts'

test.each([
  [outputError(Object.assign(new Error('gone'), { code: 'EPIPE' })), 'EPIPE'],
  [outputError(undefined), 'no code'],
  [sinkClosed(), 'closed'],
])('every failure may pass: %s', (error, part) => {
  expect(error).toMatchObject({ code: 'sink.unavailable', retry: { kind: 'backoff' } })
  expect(error.message).toContain(part)
})
