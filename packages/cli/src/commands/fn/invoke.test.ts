import { MillraceError } from '@millrace/sdk'
import picocolors from 'picocolors'
import { expect, test } from 'vitest'
import { failureText } from './invoke.ts'
import { showPayload } from './payload.ts'

const { createColors } = picocolors
const terminal = { colors: { ...createColors(false), createColors } }

function failure(problem: Record<string, unknown>): string {
  return failureText(terminal, new MillraceError('function.failed', 'failed', 502, problem))
}

test('a failure shows its type, message and stack as the language writes it', () => {
  const stackTrace = ['Error: no', '    at handler (/code/index.js:1:2)']
  expect(failure({ errorType: 'Error', errorMessage: 'no', stackTrace })).toBe(
    'failed Error: no [function.failed]\n    Error: no\n    at handler (/code/index.js:1:2)\n',
  )
  const frames = [['/code/index.py', 3, 'handler', 'raise ValueError']]
  const shown = '    File "/code/index.py", line 3, in handler  raise ValueError\n'
  expect(failure({ errorType: 'ValueError', errorMessage: 'no', stackTrace: frames })).toContain(shown)
  const written = [['File "/code/index.py"', 'line 3', 'handler', 'raise ValueError']]
  expect(failure({ errorType: 'ValueError', errorMessage: 'no', stackTrace: written })).toContain(shown)
  expect(failure({ errorMessage: 'killed' })).toBe('failed killed [function.failed]\n')
})

test('an answer is shown as JSON with lines, as text, or told by its size', () => {
  expect(showPayload(Buffer.from('{"a":1}'), 'application/json')).toBe('{\n  "a": 1\n}\n')
  expect(showPayload(Buffer.from('text'), 'text/plain')).toBe('text\n')
  expect(showPayload(Buffer.from([0, 255, 1]), 'application/octet-stream')).toContain(
    '3 bytes of application',
  )
  expect(showPayload(Buffer.alloc(0), undefined)).toBe('')
})
