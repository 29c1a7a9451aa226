import { describe, expect, test } from 'vitest'
import { AppError, assert, errorCatalogue, retryNever, toAppError } from './errors.ts'

describe('an AppError', () => {
  test('carries code, verdict, details and cause', () => {
    const cause = new Error('below')
    const error = new AppError(
      'sink.failed',
      'It failed.',
      { kind: 'after', delayMs: 5 },
      { cause, details: { a: 1 } },
    )
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({
      name: 'AppError',
      code: 'sink.failed',
      message: 'It failed.',
      retry: { kind: 'after', delayMs: 5 },
      details: { a: 1 },
      cause,
    })
  })

  test('is never tried again unless it says so', () => {
    expect(new AppError('options.invalid', 'No.').retry).toEqual({ kind: 'never' })
  })
})

describe('whatever is thrown becomes an AppError', () => {
  test('an AppError stays what it is', () => {
    const error = new AppError('options.invalid', 'No.', retryNever)
    expect(toAppError(error)).toBe(error)
  })

  test.each([
    [new TypeError('x is not a function'), 'x is not a function'],
    ['a text', 'a text'],
    [undefined, 'undefined'],
  ])('%s is unexpected, may be tried again, and keeps its cause', (thrown, message) => {
    expect(toAppError(thrown)).toMatchObject({
      code: 'internal.unexpected',
      message,
      retry: { kind: 'backoff' },
      cause: thrown,
    })
  })
})

test('an assertion that fails is a plain error, because it is a bug', () => {
  expect(() => assert(true, 'fine')).not.toThrow()
  expect(() => assert(0, 'positions begin at 1')).toThrow(new Error('assertion failed: positions begin at 1'))
})

test('every code of the catalogue has a status and a sentence', () => {
  for (const [code, { status, description }] of Object.entries(errorCatalogue)) {
    expect(code).toMatch(/^[a-z]+\.[a-z-]+$/)
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(600)
    expect(description).toMatch(/^[A-Z].*\.$/)
  }
})
