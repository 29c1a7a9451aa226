import { expect, test } from 'vitest'
import { outputError } from './errors.ts'

test.each([
  [outputError(Object.assign(new Error('gone'), { code: 'EPIPE' })), 'EPIPE'],
  [outputError(undefined), 'no code'],
])('every failure may pass: %s', (error, part) => {
  expect(error).toMatchObject({ code: 'sink.unavailable', retry: { kind: 'backoff' } })
  expect(error.message).toContain(part)
})
