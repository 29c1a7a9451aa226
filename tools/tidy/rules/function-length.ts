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

/**
 * Every function above the limit. A list of cases is not a long function: the callback of `describe`, and of what is called so and more, is passed over, and
 * the lines of `test('a sentence', …)` count for the case alone, which is measured by itself.
 */
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

/** A stretch of lines, first and last included. */
interface Stretch {
  readonly first: number
  readonly last: number
}

function longFunctionsOf(file: SourceFile): LongFunction[] {
  const { syntax } = file
  const names = new Map<number, string>()
  const cases: Stretch[] = []
  const groups = new Set<number>()
  const functions: FunctionNode[] = []
  const look = (node: FunctionNode) => void functions.push(node)
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
      // A limit of time may stand behind the body.
      const body = node.arguments.findLast(({ type }) => type.endsWith('FunctionExpression'))
      if (body === undefined) return
      if (syntax.textOf(node.callee).startsWith('describe')) groups.add(body.start)
      else if (isSentence(node.arguments[0], syntax)) cases.push(stretchOf(node, syntax))
    },
    FunctionDeclaration: look,
    FunctionExpression: look,
    ArrowFunctionExpression: look,
  })
  return functions
    .filter(node => !groups.has(node.start))
    .map(node => {
      const { first, last } = stretchOf(node, syntax)
      const label = node.id?.name ?? names.get(node.start) ?? 'anonymous'
      const lines = last - first + 1 - linesOfCases(cases, { first, last })
      return { key: `${file.path}#${label}`, path: file.path, line: first, lines }
    })
    .filter(({ lines }) => lines > functionLinesMax)
}

function stretchOf(node: { readonly start: number; readonly end: number }, syntax: Syntax): Stretch {
  return { first: syntax.lineAt(node.start), last: syntax.lineAt(node.end) }
}

/** `test('a sentence', …)`, `check('a sentence', …)`: the name of a case has words. */
function isSentence(
  node: { readonly type: string; readonly start: number; readonly end: number } | undefined,
  syntax: Syntax,
) {
  const isText = node?.type === 'Literal' || node?.type === 'TemplateLiteral'
  return isText && /^['"`].*\s/.test(syntax.textOf(node))
}

/** Lines that cases take up inside a function; a case inside another counts once. */
function linesOfCases(cases: readonly Stretch[], { first, last }: Stretch): number {
  const inside = cases.filter(one => one.first > first && one.last < last)
  const outermost = inside.filter(
    one => !inside.some(other => other !== one && other.first <= one.first && other.last >= one.last),
  )
  return outermost.reduce((sum, one) => sum + one.last - one.first + 1, 0)
}
