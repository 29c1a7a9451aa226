import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { runCommand } from './run.ts'

test('the status and both streams of a command are reported', async () => {
  const script = 'process.stdout.write("out "); process.stderr.write("err"); process.exitCode = 3'

  const result = await runCommand(process.execPath, ['-e', script], { folder: tmpdir() })

  expect(result.status).toBe(3)
  expect(result.output).toContain('out')
  expect(result.output).toContain('err')
})

test('a command that does not exist is a status, not an exception', async () => {
  const result = await runCommand('millrace-no-such-command', [], { folder: tmpdir() })

  expect(result.status).toBe(127)
  expect(result.output).toContain('millrace-no-such-command')
})
