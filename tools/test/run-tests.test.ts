import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { repositoryRoot, runCommand } from '../process/index.ts'
import { plant } from '../tidy/index.ts'

const configuration =
  "export default { test: { projects: [{ test: { name: 'unit', include: ['src/**/*.test.ts'] } }] } }\n"

/** Runs the runner on a planted repository in a process of its own and answers what it printed. */
async function runPlanted(files: Record<string, string>, filters: readonly string[] = []) {
  using plot = plant({ 'vitest.config.ts': configuration, ...files })
  symlinkSync(join(repositoryRoot, 'node_modules'), join(plot.root, 'node_modules'))
  writeFileSync(
    join(plot.root, 'run.ts'),
    [
      `import { runTests, readTestArguments } from '${join(repositoryRoot, 'tools/test/index.ts')}'`,
      'const verdict = await runTests({',
      `  root: ${JSON.stringify(plot.root)},`,
      `  arguments: readTestArguments(${JSON.stringify(filters)}),`,
      '  requiredServices: undefined,',
      '  print: line => console.log(line),',
      '})',
      'process.exit(verdict.ok ? 0 : 1)',
    ].join('\n'),
  )
  const { status, output } = await runCommand(process.execPath, ['run.ts'], { folder: plot.root })
  return { status, output, lastLine: output.trimEnd().split('\n').at(-1) }
}

const passing = "import { expect, test } from 'vitest'\ntest('adds', () => expect(1 + 1).toBe(2))\n"

test('a run with a pass, a failure and a reasoned skip counts each and fails', async () => {
  const run = await runPlanted({
    'src/a.test.ts': passing,
    'src/b.test.ts': [
      "import { expect, test } from 'vitest'",
      "test('subtracts', () => { console.log('its log'); expect(1 - 1).toBe(1) })",
      "test('flies', context => context.skip('needs wings'))",
    ].join('\n'),
  })

  expect(run.lastLine).toBe('1 passed, 1 failed, 1 skipped')
  expect(run.status).toBe(1)
  expect(run.output).toContain('src/b.test.ts › subtracts')
  expect(run.output).toContain('its log')
  expect(run.output).toContain('Left out, 1 tests: needs wings')
}, 30_000)

test('a file that does not load fails the run although every test passed', async () => {
  const run = await runPlanted({ 'src/a.test.ts': passing, 'src/b.test.ts': "import './missing.ts'\n" })

  expect(run.lastLine).toBe('1 passed, 1 failed, 0 skipped')
  expect(run.status).toBe(1)
  expect(run.output).toContain('src/b.test.ts')
}, 30_000)

test('an error that nobody caught fails the run', async () => {
  const run = await runPlanted({
    'src/a.test.ts': `${passing}test('leaves a promise', () => void Promise.reject(new Error('left behind')))\n`,
  })

  expect(run.lastLine).toBe('2 passed, 1 failed, 0 skipped')
  expect(run.output).toContain('left behind')
}, 30_000)

test('a file without tests fails the run, unless its groups say why they are left out', async () => {
  const empty = "import { describe } from 'vitest'\n"
  const run = await runPlanted({
    'src/a.test.ts': passing,
    'src/b.test.ts': `${empty}describe.skipIf(true)('cases (needs redis)', () => {})\n`,
    'src/c.test.ts': `${empty}describe.skipIf(true)('cases', () => {})\n`,
  })

  expect(run.lastLine).toBe('1 passed, 1 failed, 1 skipped')
  expect(run.output).toContain('Left out, 1 tests: needs redis')
  expect(run.output).toContain('src/c.test.ts: contains no test')
}, 30_000)

test('a filter that fits no file fails the run', async () => {
  const run = await runPlanted({ 'src/a.test.ts': passing }, ['no-such-file'])

  expect(run.lastLine).toBe('0 passed, 1 failed, 0 skipped')
  expect(run.status).toBe(1)
}, 30_000)
