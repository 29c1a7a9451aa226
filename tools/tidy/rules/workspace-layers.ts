import { type Breach, reporter, type Rule, type SourceFile, type Tree } from '../core/index.ts'
import { outsideLayers, type WorkspaceLayers, workspaceLayers } from '../house/index.ts'

const name = 'workspace-layers'
const report = reporter(name)

/** Imports between workspaces follow the table, go through the package's name, and only to its exported doors. */
export function workspaceLayersRule(layers: WorkspaceLayers = workspaceLayers): Rule {
  return {
    name,
    demand: 'A workspace imports only workspaces below it, by package name.',
    check: tree => {
      const workspaces = readWorkspaces(tree)
      return tree.files.filter(file => file.isCode).flatMap(file => checkFile(file, workspaces, layers))
    },
  }
}

interface Workspace {
  readonly folder: string
  readonly packageName: string
  readonly exported: readonly string[]
}

function readWorkspaces(tree: Tree): Workspace[] {
  const workspaces: Workspace[] = []
  for (const { path } of tree.files) {
    const folder = /^([^/]+\/[^/]+)\/package\.json$/.exec(path)?.[1]
    const manifest = tree.json(path) as { name?: string; exports?: Record<string, unknown> } | undefined
    if (folder === undefined || manifest?.name === undefined) continue
    workspaces.push({ folder, packageName: manifest.name, exported: Object.keys(manifest.exports ?? {}) })
  }
  return workspaces
}

function checkFile(file: SourceFile, workspaces: readonly Workspace[], layers: WorkspaceLayers) {
  const own = workspaces.find(({ folder }) => file.path.startsWith(`${folder}/`))
  const findings = []
  for (const request of file.syntax.requests()) {
    const breach = request.specifier.startsWith('.')
      ? crossing(file, own, request.specifier, workspaces)
      : forbidden(file, own, request.specifier, workspaces, layers)
    if (breach !== undefined) findings.push(report({ ...breach, path: file.path, line: request.line }))
  }
  return findings
}

type Fault = Pick<Breach, 'problem' | 'advice'>

function crossing(
  file: SourceFile,
  own: Workspace | undefined,
  specifier: string,
  workspaces: readonly Workspace[],
): Fault | undefined {
  const target = new URL(specifier, `file:///${file.path}`).pathname.slice(1)
  const entered = workspaces.find(({ folder }) => target.startsWith(`${folder}/`))
  if (entered === undefined || entered === own) return undefined
  return {
    problem: `${specifier} reaches into ${entered.folder}`,
    advice: `import '${entered.packageName}' instead`,
  }
}

function forbidden(
  file: SourceFile,
  own: Workspace | undefined,
  specifier: string,
  workspaces: readonly Workspace[],
  layers: WorkspaceLayers,
): Fault | undefined {
  const target = workspaces.find(
    ({ packageName }) => specifier === packageName || specifier.startsWith(`${packageName}/`),
  )
  if (target === undefined) return undefined
  const door = `.${specifier.slice(target.packageName.length)}`
  if (!target.exported.includes(door)) {
    return {
      problem: `${specifier} is not exported by ${target.folder}`,
      advice: `its doors are ${target.exported.join(', ')}`,
    }
  }
  if (own === undefined || own === target || file.isTest) return undefined
  const allowed = allowedTargets(own.folder, layers)
  if (allowed === undefined) {
    return {
      problem: `${own.folder} has no row in the layer table`,
      advice: 'add it to tools/tidy/house/layers.ts',
    }
  }
  if (allowed.includes(target.folder)) return undefined
  return {
    problem: `${own.folder} must not import ${target.folder}`,
    advice: `it may import ${allowed.join(', ') || 'no other workspace'}`,
  }
}

function allowedTargets(folder: string, layers: WorkspaceLayers): readonly string[] | undefined {
  const [top = ''] = folder.split('/')
  if (outsideLayers.includes(top)) return Object.keys(layers)
  return layers[folder] ?? layers[`${top}/*`]
}
