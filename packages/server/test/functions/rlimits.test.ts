import { spawn } from 'node:child_process'
import { getPriority } from 'node:os'
import { expect, test } from 'vitest'
import { rlimits } from '../../src/functions/sandbox/limits/index.ts'

test('without control groups an instance gives way to the server', async () => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const processId = child.pid ?? 0
  const limits = rlimits.open('one', { memoryMiB: 1_024, cpu: 1, diskMiB: 1, network: 'off' })

  limits.began(processId)

  const after = getPriority(processId)
  await limits.close()
  const ended = new Promise(resolve => child.once('close', resolve))
  child.kill('SIGKILL')
  await ended
  expect(after).toBe(Math.min(19, getPriority() + 5))
})
