import { expect, test } from 'vitest'
import { functionErrorCatalogue } from './errors.ts'
import {
  exited,
  failureBody,
  failureError,
  failureFromCode,
  initializerTimedOut,
  timedOut,
} from './failure.ts'

const fromCode = failureFromCode({
  kind: 'unhandled',
  errorType: 'Error',
  errorMessage: 'oops',
  stackTrace: ['Error: oops'],
})

test('the body of a failure has the three members of the compatible protocol', () => {
  expect(JSON.parse(String(failureBody(fromCode)))).toEqual({
    errorMessage: 'oops',
    errorType: 'Error',
    stackTrace: ['Error: oops'],
  })
  expect(JSON.parse(String(failureBody(timedOut(1_000, 34_085))))).toEqual({
    errorMessage: 'Function timed out after 1 second (maxMemoryUsage: 33.29MB)',
  })
})

test('every failure has an error of the catalogue that is worth another attempt', () => {
  const failures = [fromCode, timedOut(1, 0), exited(12, 0, ', signal: SIGKILL'), initializerTimedOut(1_500)]
  for (const failure of failures) {
    const error = failureError('f', failure)
    expect(Object.keys(functionErrorCatalogue)).toContain(error.code)
    expect(error.retry).toEqual({ kind: 'backoff' })
    expect(error.details).toMatchObject({ failureType: failure.type, errorMessage: failure.errorMessage })
  }
})

test.each(['FunctionNotStarted', 'CAExited', 'CAFileNotFound', 'CAFilePermission'])(
  'a program that tells %s has not started',
  errorType => {
    const header = { kind: 'unhandled' as const, errorType, errorMessage: 'no such file', stackTrace: [] }
    const { code } = failureError('f', failureFromCode(header))
    expect(code).toBe('function.not-started')
    expect(functionErrorCatalogue[code]?.status).toBe(412)
  },
)

test('only so much of a message of the code goes into ours', () => {
  const long = failureFromCode({
    kind: 'handled',
    errorType: 'E',
    errorMessage: 'x'.repeat(5_000),
    stackTrace: [],
  })
  expect(failureError('f', long).message.length).toBeLessThan(400)
})
