import type { SourceFile, Tree } from '../source/index.ts'
import { plugInFolders, type PlugInKind } from '../tidy/index.ts'
import type { TestRecord, Trouble } from './outcome.ts'

const suitesFolder = 'packages/spi/src/conformance/'

/** Words in the path of a suite's file that say which kind of plug-in it is for. */
const kindWords: Readonly<Record<PlugInKind, RegExp>> = {
  connector: /\b(?:sink|source|connector)/,
  storage: /\bstorage|\b(?:event-log|queue|documents|blobs|leases)\b/,
  runtime: /\bruntime/,
}

/**
 * Proves that every plug-in's conformance suite ran in full: each case that the suites of `@millrace/spi` contain
 * was seen in the plug-in's conformance test, passed or skipped with a reason. Failures are counted elsewhere.
 */
export function census(tree: Tree, records: readonly TestRecord[]): Trouble[] {
  const troubles: Trouble[] = []
  for (const [parent, { kind }] of Object.entries(plugInFolders)) {
    const cases = conformanceCases(tree, kind)
    for (const folder of tree.folders(parent)) {
      const where = `${parent}/${folder}/test/conformance.test.ts`
      const own = records.filter(record => record.path === where)
      troubles.push(...countPlugIn(where, kind, cases, own))
    }
  }
  return troubles
}

/** A case that is left out has its reason behind its name. */
function withoutReason(title: string): string {
  return title.replace(/ \((?:needs|skipped|left out)\b.*\)$/, '')
}

function countPlugIn(
  where: string,
  kind: PlugInKind,
  cases: readonly string[],
  own: readonly TestRecord[],
): Trouble[] {
  if (cases.length === 0) return [{ where, what: `no conformance cases for a ${kind} in ${suitesFolder}` }]
  if (own.length === 0) return [{ where, what: `the conformance suite of this ${kind} did not run` }]
  const ran = own.map(record => withoutReason(record.name))
  const missing = cases.filter(name => !ran.some(title => fits(name, title)))
  const silent = own.filter(record => record.state === 'skipped' && record.reason === undefined)
  const troubles: Trouble[] = []
  if (missing.length > 0) {
    const list = missing.map(name => `\n    ${name}`).join('')
    troubles.push({
      where,
      what: `${missing.length} of ${cases.length} conformance cases did not run:${list}`,
    })
  }
  for (const { fullName } of silent) troubles.push({ where, what: `skipped without a reason: ${fullName}` })
  return troubles
}

/**
 * Names of all cases for a kind, as written in the suites: calls that give a function a name, whatever they are called,
 * and objects with `name` and `run`. A name is a sentence: `on('data', …)` is no case. `${…}`, `%s` and `$name` stand for anything.
 */
export function conformanceCases(tree: Tree, kind: PlugInKind): string[] {
  return tree.files
    .filter(file => file.path.startsWith(suitesFolder) && file.isTypeScript && !file.isTestFile)
    .filter(file => kindWords[kind].test(file.path.slice(suitesFolder.length)))
    .flatMap(casesOf)
}

interface Literal {
  readonly type: string
  readonly start: number
  readonly end: number
}

function casesOf(file: SourceFile): string[] {
  const { syntax } = file
  const names: string[] = []
  const add = (node: Literal | undefined) => {
    if (node?.type !== 'Literal' && node?.type !== 'TemplateLiteral') return
    const text = syntax.textOf(node).slice(1, -1)
    if (/\s/.test(text)) names.push(text.replaceAll(/\\(.)/g, '$1'))
  }
  syntax.visit({
    CallExpression: node => {
      const last = node.arguments.at(-1)?.type ?? ''
      if (last.endsWith('FunctionExpression') && !/^describe\b/.test(syntax.textOf(node.callee))) {
        add(node.arguments[0])
      }
    },
    ObjectExpression: node => {
      const fields = new Map<string, Literal>()
      for (const property of node.properties) {
        if (property.type === 'Property') fields.set(syntax.textOf(property.key), property.value)
      }
      if (fields.has('run') || fields.has('check')) add(fields.get('name'))
    },
  })
  return names
}

function fits(written: string, seen: string): boolean {
  const parts = written.split(/\$\{[^}]*\}|%[sdifjo#]|\$\w+/).map(literally)
  return new RegExp(`^${parts.join('.*')}$`, 's').test(seen)
}

function literally(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`)
}
