import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { repositoryRoot, runCommand } from './process/index.ts'
import { plant } from './tidy/index.ts'

/** Runs a program through the launcher in a repository that wants the given Node. */
async function start(wanted: string, args: readonly string[]) {
  using plot = plant({
    'package.json': JSON.stringify({ type: 'module', engines: { node: wanted } }),
    'tools/start.js': readFileSync(join(repositoryRoot, 'tools', 'start.js'), 'utf8'),
    'program.ts':
      'const seen: string[] = process.argv.slice(2)\nconsole.log(`started with ${seen.join()}`)\n',
  })
  return await runCommand(process.execPath, ['tools/start.js', 'program.ts', ...args], { folder: plot.root })
}

test('a fitting Node starts the program with its arguments', async () => {
  const { status, output } = await start('>=24.15', ['a', '--b'])

  expect(output).toBe('started with a,--b\n')
  expect(status).toBe(0)
})

test('an older Node is told both versions and what to do, and the program does not start', async () => {
  const { status, output } = await start('>=99.3', [])

  expect(status).toBe(1)
  expect(output).toContain('Node 99.3')
  expect(output).toContain(process.versions.node)
  expect(output).toContain('npm ci')
  expect(output).not.toContain('started')
})
