import { reporter, type Rule, type SourceFile } from '../core/index.ts'
import { serverLayers } from '../house/index.ts'

const name = 'server-layers'
const report = reporter(name)
const base = 'packages/server/src/'

/** Inside the server a folder imports only folders of lower rows, type imports included. Tests are free. */
export function serverLayersRule(layers: readonly (readonly string[])[] = serverLayers): Rule {
  const rowOf = new Map(layers.flatMap((row, index) => row.map(folder => [folder, index] as const)))
  return {
    name,
    demand: 'A folder of the server imports only folders of lower layers.',
    check: tree =>
      tree.files
        .filter(file => file.path.startsWith(base) && file.isTypeScript && !file.isTest)
        .flatMap(file => checkFile(file, rowOf)),
  }
}

function checkFile(file: SourceFile, rowOf: ReadonlyMap<string, number>) {
  const own = folderOf(file.path)
  if (own === undefined) return []
  const ownRow = rowOf.get(own)
  if (ownRow === undefined) {
    const problem = `the folder ${own} has no layer`
    return [report({ path: file.path, problem, advice: 'add it to tools/tidy/house/layers.ts' })]
  }
  const findings = []
  for (const request of file.syntax.requests()) {
    if (!request.specifier.startsWith('.')) continue
    const target = folderOf(new URL(request.specifier, `file:///${file.path}`).pathname.slice(1))
    if (target === undefined || target === own) continue
    const targetRow = rowOf.get(target)
    if (targetRow !== undefined && targetRow < ownRow) continue
    findings.push(
      report({
        path: file.path,
        line: request.line,
        problem: `${own} must not import ${target}, which is ${targetRow === ownRow ? 'its sibling' : 'above it'}`,
        advice: 'let app/compose hand over a function',
      }),
    )
  }
  return findings
}

function folderOf(path: string): string | undefined {
  if (!path.startsWith(base)) return undefined
  const [folder, rest] = path.slice(base.length).split('/', 2)
  return rest === undefined ? undefined : folder
}
