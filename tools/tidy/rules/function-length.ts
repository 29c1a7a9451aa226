import { reporter, type Rule, type SourceFile, type Syntax, type Tree } from '../core/index.ts'

const name = 'function-length'
const report = reporter(name)

/** Lines, first to last, that one function may have. */
export const functionLinesMax = 70
/** Today's longer functions (`path#function` → lines). The list may only shrink. */
export const functionRatchetPath = 'tools/tidy/house/long-functions.json'

export function functionLengthRule(ratchetPath: string = functionRatchetPath): Rule {
  return {
    name,
    demand: `A function has at most ${functionLinesMax} lines; the listed exceptions only shrink.`,
    check: tree => {
      const allowed = (tree.json(ratchetPath) ?? {}) as Record<string, number>
      const long = longFunctions(tree)
      const findings = long.flatMap(found => checkLong(found, allowed[found.key], ratchetPath))
      const seen = new Set(long.map(found => found.key))
      for (const key of Object.keys(allowed)) {
        if (seen.has(key)) continue
        const problem = `${key} is listed but is short enough or gone`
        findings.push(report({ path: ratchetPath, problem, advice: 'remove its line' }))
      }
      return findings
    },
  }
}

/** A function above the limit. */
export interface LongFunction {
  readonly key: string
  readonly path: string
  readonly line: number
  readonly lines: number
}

/** Every function above the limit. The callback of `describe` is a list of tests, not a function, and is passed over. */
export function longFunctions(tree: Tree): LongFunction[] {
  return tree.files.filter(file => file.isTypeScript).flatMap(longFunctionsOf)
}

function checkLong(found: LongFunction, allowed: number | undefined, ratchetPath: string) {
  const { path, line, lines, key } = found
  if (lines === allowed) return []
  if (allowed !== undefined && lines < allowed) {
    const problem = `${key} has shrunk from ${allowed} to ${lines} lines`
    return [report({ path, line, problem, advice: `write ${lines} in ${ratchetPath}` })]
  }
  const problem = `${key.slice(path.length + 1)} has ${lines} lines, the limit is ${allowed ?? functionLinesMax}`
  return [
    report({ path, line, problem, advice: 'let the parent hold the branches and give the steps names' }),
  ]
}

interface FunctionNode {
  readonly start: number
  readonly end: number
  readonly id?: { readonly name: string } | null
}

function longFunctionsOf(file: SourceFile): LongFunction[] {
  const { syntax } = file
  const names = new Map<number, string>()
  const skipped = new Set<number>()
  const found: LongFunction[] = []
  const look = (node: FunctionNode) => {
    const line = syntax.lineAt(node.start)
    const lines = syntax.lineAt(node.end) - line + 1
    if (lines <= functionLinesMax || skipped.has(node.start)) return
    const label = node.id?.name ?? names.get(node.start) ?? 'anonymous'
    found.push({ key: `${file.path}#${label}`, path: file.path, line, lines })
  }
  syntax.visit({
    VariableDeclarator: node => {
      if (node.init !== null && node.id.type === 'Identifier') names.set(node.init.start, node.id.name)
    },
    MethodDefinition: node => void names.set(node.value.start, syntax.textOf(node.key)),
    PropertyDefinition: node => {
      if (node.value !== null) names.set(node.value.start, syntax.textOf(node.key))
    },
    Property: node => void names.set(node.value.start, syntax.textOf(node.key)),
    CallExpression: node => {
      if (!isDescribe(syntax, node.callee)) return
      for (const argument of node.arguments) skipped.add(argument.start)
    },
    FunctionDeclaration: look,
    FunctionExpression: look,
    ArrowFunctionExpression: look,
  })
  return found
}

function isDescribe(syntax: Syntax, callee: { readonly start: number; readonly end: number }): boolean {
  return /^describe\b/.test(syntax.textOf(callee))
}
