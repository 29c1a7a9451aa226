import { expect, test } from 'vitest'
import { plant } from '../core/index.ts'
import { fileSizeRule } from './file-size.ts'

const lines = (count: number) => '// line\n'.repeat(count)

test('above 400 lines is a warning, above 600 an error', async () => {
  using plot = plant({ 'a.ts': lines(400), 'b.ts': lines(401), 'c.ts': lines(600), 'd.ts': lines(601) })

  const findings = await plot.check(fileSizeRule({}))

  expect(findings.map(({ path, severity }) => `${path} ${severity}`)).toEqual([
    'b.ts warning',
    'c.ts warning',
    'd.ts error',
  ])
})

test('a stated reason allows 600 lines, not more, and must not outlive its file', async () => {
  using plot = plant({ 'a.ts': lines(500), 'b.ts': lines(601), 'c.ts': lines(10) })

  const findings = await plot.check(fileSizeRule({ 'a.ts': 'why', 'b.ts': 'why', 'c.ts': 'why' }))

  expect(findings.map(({ path }) => path)).toEqual(['b.ts', 'c.ts'])
})
