import { reporter, type Rule, type Tree } from '../core/index.ts'

const name = 'manifests'
const report = reporter(name)

interface Manifest {
  readonly name?: string
  readonly version?: string
  readonly license?: string
  readonly type?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** One version for the whole repository, exact pins, one licence, ESM everywhere. */
export function manifestsRule(): Rule {
  return {
    name,
    demand: 'Workspaces share one version and pin their dependencies exactly.',
    check: tree => {
      const root = tree.json('package.json') as Manifest | undefined
      return tree.files
        .filter(file => /^(?:[^/]+\/[^/]+\/)?package\.json$/.test(file.path))
        .flatMap(file => checkManifest(tree, file.path, root))
    },
  }
}

function checkManifest(tree: Tree, path: string, root: Manifest | undefined) {
  const manifest = tree.json(path) as Manifest | undefined
  if (manifest === undefined) return [report({ path, problem: 'not valid JSON', advice: 'repair it' })]
  const findings = []
  const wanted = { version: root?.version, license: root?.license, type: 'module' }
  for (const [field, value] of Object.entries(wanted)) {
    const seen = manifest[field as keyof typeof wanted]
    if (seen === value) continue
    findings.push(report({ path, problem: `${field} is ${String(seen)}`, advice: `write ${String(value)}` }))
  }
  const pins = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies }
  for (const [dependency, version] of Object.entries(pins)) {
    const own = dependency.startsWith('@millrace/')
    const exact = own ? version === root?.version : /^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version)
    if (exact) continue
    const advice = own ? `write ${String(root?.version)}` : 'pin one exact version'
    findings.push(report({ path, problem: `${dependency} is "${version}"`, advice }))
  }
  return findings
}
