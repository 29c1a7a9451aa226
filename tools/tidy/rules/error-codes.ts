import { type CatalogueCode, readCatalogues } from '../../catalogue/index.ts'
import { reporter, type Rule, type SourceFile, type Tree } from '../core/index.ts'

const name = 'error-codes'
const report = reporter(name)

const wellFormed = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)+$/

/** Codes are unique, well-formed, readable, and every code that is thrown stands in a catalogue. */
export function errorCodesRule(): Rule {
  return {
    name,
    demand: 'Every thrown code is in exactly one catalogue.',
    check: tree => {
      const { codes, unreadable } = readCatalogues(tree)
      const findings = unreadable.map(({ path, line, text }) => {
        const advice = 'write status and description as literals: the reference page is made from them'
        return report({ path, line, problem: `cannot read the entry ${text}`, advice })
      })
      return [...findings, ...checkCatalogues(codes), ...checkThrown(tree, codes), ...checkUsed(tree, codes)]
    },
  }
}

function checkCatalogues(codes: readonly CatalogueCode[]) {
  const findings = []
  const first = new Map<string, CatalogueCode>()
  for (const entry of codes) {
    const { code, path, line } = entry
    const earlier = first.get(code)
    if (earlier !== undefined) {
      const problem = `${code} is also in ${earlier.path}:${earlier.line}`
      findings.push(report({ path, line, problem, advice: 'keep one; others import the code' }))
    }
    first.set(code, earlier ?? entry)
    if (!wellFormed.test(code)) {
      findings.push(report({ path, line, problem: `${code} is not area.what-happened`, advice: 'rename it' }))
    }
  }
  return findings
}

function checkThrown(tree: Tree, codes: readonly CatalogueCode[]) {
  const known = new Set(codes.map(entry => entry.code))
  return tree.files
    .filter(file => file.isTypeScript && !file.isTest && /^[^/]+\/[^/]+\/src\//.test(file.path))
    .flatMap(file => thrownCodes(file))
    .filter(({ code }) => !known.has(code))
    .map(({ code, path, line }) =>
      report({
        path,
        line,
        problem: `${code} is in no catalogue`,
        advice: 'add it to the errors of this package',
      }),
    )
}

function thrownCodes(file: SourceFile) {
  const { syntax } = file
  const thrown: { code: string; path: string; line: number }[] = []
  syntax.visit({
    NewExpression: node => {
      if (!syntax.textOf(node.callee).endsWith('Error')) return
      const [code] = node.arguments
      if (code?.type !== 'Literal' || typeof code.value !== 'string' || !wellFormed.test(code.value)) return
      thrown.push({ code: code.value, path: file.path, line: syntax.lineAt(code.start) })
    },
  })
  return thrown
}

/** A code that nothing mentions is a promise of an error that cannot happen. */
function checkUsed(tree: Tree, codes: readonly CatalogueCode[]) {
  const sources = tree.files.filter(file => file.isTypeScript && !file.isTestFile)
  return codes
    .filter(({ code, path }) => !sources.some(file => mentions(file, code, file.path === path ? 2 : 1)))
    .map(({ code, path, line }) =>
      report({
        path,
        line,
        problem: `${code} is in the catalogue, but nothing raises it`,
        advice: 'raise it or remove it',
        severity: 'warning',
      }),
    )
}

function mentions(file: SourceFile, code: string, timesMin: number): boolean {
  return file.text.split(`'${code}'`).length - 1 >= timesMin
}
