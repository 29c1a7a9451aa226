import { reporter, type Rule, type Tree } from '../core/index.ts'
import { plugInFolders, type PlugInKind, plugInParts } from '../house/index.ts'

const name = 'plug-ins'
const report = reporter(name)

/** Every folder of a plug-in has all its parts, a manifest that names it after its folder, and a conformance suite. */
export function plugInsRule(): Rule {
  return {
    name,
    demand: 'Every plug-in folder is complete.',
    check: tree =>
      Object.entries(plugInFolders).flatMap(([parent, { kind, nameField }]) =>
        tree.folders(parent).flatMap(folder => checkPlugIn(tree, `${parent}/${folder}`, kind, nameField)),
      ),
  }
}

function checkPlugIn(tree: Tree, folder: string, kind: PlugInKind, nameField: string) {
  const findings = plugInParts[kind]
    .filter(part => !hasPart(tree, folder, part))
    .map(part =>
      report({
        path: folder,
        problem: `the ${kind} lacks ${part}`,
        advice: 'see the checklists in CONTRIBUTING.md',
      }),
    )
  const path = `${folder}/package.json`
  const manifest = tree.json(path) as { millrace?: Record<string, unknown> } | undefined
  const expected = { kind, [nameField]: folder.slice(folder.indexOf('/') + 1) }
  for (const [field, value] of Object.entries(expected)) {
    const seen = manifest?.millrace?.[field]
    if (manifest === undefined || seen === value) continue
    const problem = `millrace.${field} is ${JSON.stringify(seen)}`
    findings.push(report({ path, problem, advice: `write ${JSON.stringify(value)}: discovery goes by it` }))
  }
  const suite = tree.get(`${folder}/test/conformance.test.ts`)
  if (suite !== undefined && !suite.text.includes('@millrace/spi/conformance')) {
    const problem = 'does not call a suite of @millrace/spi/conformance'
    findings.push(report({ path: suite.path, problem, advice: `call the ${kind} suite with a factory` }))
  }
  return findings
}

function hasPart(tree: Tree, folder: string, part: string): boolean {
  const path = `${folder}/${part}`
  return part.endsWith('/') ? tree.files.some(file => file.path.startsWith(path)) : tree.has(path)
}
