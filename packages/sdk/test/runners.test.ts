import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const run = promisify(execFile)
const folder = join(import.meta.dirname, 'runners')
const jest = createRequire(import.meta.url).resolve('jest/bin/jest')

test('the kit works with node:test', async () => {
  const { stdout } = await run(process.execPath, ['--test', '--test-reporter=tap', 'node-test.ts'], {
    cwd: folder,
  })

  expect(stdout).toContain('ok 1 - an order is billed')
  expect(stdout).toMatch(/# pass 1\n# fail 0\n/)
})

test('the kit works with Jest', async () => {
  const args = ['--experimental-vm-modules', jest, '--config=jest.config.json', '--runInBand']
  const { stderr } = await run(process.execPath, args, { cwd: folder })

  expect(stderr).toMatch(/Tests: +1 passed, 1 total/)
})
