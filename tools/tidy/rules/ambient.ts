import { reporter, type Rule, type SourceFile } from '../core/index.ts'
import { ambientAdapters, ambientPrograms, programFolders } from '../house/index.ts'

const name = 'ambient'
const report = reporter(name)

/** Calls that read the machine's clock, timers or randomness instead of an injected one. */
const forbiddenCalls: ReadonlySet<string> = new Set([
  'Date.now',
  'Math.random',
  'setTimeout',
  'setInterval',
  'globalThis.setTimeout',
  'globalThis.setInterval',
])

/** Modules that hand out the same things under another name. */
const forbiddenModules: ReadonlySet<string> = new Set(['node:timers', 'node:timers/promises', 'timers'])

/**
 * Time and randomness come from the injected `Clock` and `Random`. Unit tests are included: they advance a clock, they
 * do not sleep. Tests with real processes, programs about the engine and the bootstraps inside a sandbox are not.
 */
export function ambientRule(adapters: Readonly<Record<string, string>> = ambientAdapters): Rule {
  return {
    name,
    demand: 'Only the named adapters read the clock, set timers or draw random numbers.',
    check: tree => {
      const findings = tree.files.filter(isEngineCode).flatMap(file => {
        return adapters[file.path] === undefined ? checkFile(file) : []
      })
      for (const path of Object.keys(adapters)) {
        if (tree.has(path)) continue
        const advice = 'remove it from tools/tidy/house/lists.ts'
        findings.push(report({ path, problem: 'listed as an adapter, but does not exist', advice }))
      }
      return findings
    },
  }
}

function isEngineCode(file: SourceFile): boolean {
  if (!file.isTypeScript || /\/(?:bootstrap|test|bench)\//.test(file.path)) return false
  return (
    file.path.includes('/') &&
    ![...programFolders, ...ambientPrograms].some(folder => file.path.startsWith(folder))
  )
}

function checkFile(file: SourceFile) {
  const { syntax } = file
  const findings = syntax
    .requests()
    .filter(request => forbiddenModules.has(request.specifier))
    .map(request => breach(file.path, request.line, `import of ${request.specifier}`))
  syntax.visit({
    CallExpression: node => {
      const callee = syntax.textOf(node.callee)
      if (forbiddenCalls.has(callee))
        findings.push(breach(file.path, syntax.lineAt(node.start), `${callee}()`))
    },
    NewExpression: node => {
      if (syntax.textOf(node.callee) !== 'Date' || node.arguments.length > 0) return
      findings.push(breach(file.path, syntax.lineAt(node.start), 'new Date()'))
    },
  })
  return findings
}

function breach(path: string, line: number, seen: string) {
  return report({
    path,
    line,
    problem: `${seen} outside the adapters`,
    advice: 'take the Clock or Random that is handed in; a time-out is AbortSignal.timeout at the edge',
  })
}
