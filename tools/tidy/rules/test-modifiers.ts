import { reporter, type Rule, type SourceFile } from '../core/index.ts'

const name = 'test-modifiers'
const report = reporter(name)

/** No test shuts out the others, and none is switched off without a reason that the run can print. */
export function testModifiersRule(): Rule {
  return {
    name,
    demand: 'No `.only`; a skip states its reason with context.skip(reason).',
    check: tree => tree.files.filter(file => file.isTypeScript).flatMap(checkFile),
  }
}

const modified = /^(?:test|it|describe|suite)(?:\.\w+)*\.(only|skip|todo)\b/

function checkFile(file: SourceFile) {
  const { syntax } = file
  const findings: ReturnType<typeof report>[] = []
  syntax.visit({
    CallExpression: node => {
      const modifier = modified.exec(syntax.textOf(node.callee))?.[1]
      if (modifier === undefined) return
      const advice =
        modifier === 'only'
          ? 'remove it'
          : "say why inside the test: test('…', context => context.skip('reason'))"
      const line = syntax.lineAt(node.start)
      findings.push(report({ path: file.path, line, problem: `.${modifier} in a test`, advice }))
    },
  })
  return findings
}
