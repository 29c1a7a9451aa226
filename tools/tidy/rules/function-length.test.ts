import { expect, test } from 'vitest'
import { plant } from '../core/index.ts'
import { functionLengthRule, functionRatchetPath } from './function-length.ts'

const body = (lines: number) => '  step()\n'.repeat(lines - 2)
const sentence = (lines: number) => `  check('a case with words', async () => {\n${body(lines)}  })\n`
const named = (name: string, lines: number) => `export function ${name}() {\n${body(lines)}}\n`

test('a function of 70 lines passes, one of 71 is caught with its name and line', async () => {
  using plot = plant({ 'a.ts': `${named('fits', 70)}${named('grown', 71)}` })

  const findings = await plot.check(functionLengthRule())

  expect(findings).toMatchObject([{ path: 'a.ts', line: 71, problem: 'grown has 71 lines, the limit is 70' }])
})

test('methods and arrow functions are measured, callbacks of describe are not', async () => {
  using plot = plant({
    'a.ts': `class A {\n  run() {\n${body(80)}  }\n}\nconst go = () => {\n${body(80)}}\n`,
    'b.test.ts': `describe('x', () => {\n${body(80)}})\n`,
  })

  const problems = (await plot.check(functionLengthRule())).map(finding => finding.problem)

  expect(problems).toEqual(['run has 80 lines, the limit is 70', 'go has 80 lines, the limit is 70'])
})

test('a listed function may stay as it is, but not grow, and the list follows when it shrinks', async () => {
  using plot = plant({
    'a.ts': `${named('same', 90)}${named('grown', 95)}${named('shrunk', 80)}`,
    [functionRatchetPath]: JSON.stringify({
      'a.ts#same': 90,
      'a.ts#grown': 90,
      'a.ts#shrunk': 90,
      'a.ts#gone': 90,
    }),
  })

  const problems = (await plot.check(functionLengthRule())).map(finding => finding.problem)

  expect(problems).toEqual([
    'grown has 95 lines, the limit is 90',
    'a.ts#shrunk has shrunk from 90 to 80 lines',
    'a.ts#gone is listed but is short enough or gone',
  ])
})

test('a list of cases is not a long function, but a long case is', async () => {
  using plot = plant({ 'a.ts': `function cases(check) {\n${sentence(40)}${sentence(40)}${sentence(71)}}\n` })

  expect(await plot.check(functionLengthRule())).toMatchObject([{ line: 82, path: 'a.ts' }])
})
