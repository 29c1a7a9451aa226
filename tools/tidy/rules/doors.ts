import { dirname } from 'node:path/posix'
import { reporter, type Rule, type SourceFile } from '../core/index.ts'
import { innerDoors, outsideLayers } from '../house/index.ts'

const name = 'doors'
const report = reporter(name)

/** A folder is entered by its `index.ts` only. Tests in `<workspace>/test` may also open the files of its `src`. */
export function doorsRule(inner: Readonly<Record<string, string>> = innerDoors): Rule {
  return {
    name,
    demand: 'Imports enter a folder through its index.ts.',
    check: tree => tree.files.filter(file => file.isTypeScript).flatMap(file => checkFile(file, inner)),
  }
}

function checkFile(file: SourceFile, inner: Readonly<Record<string, string>>) {
  const findings = []
  for (const { specifier, line } of file.syntax.requests()) {
    if (!specifier.startsWith('.')) continue
    const target = new URL(specifier, `file:///${file.path}`).pathname.slice(1)
    if (isEntered(file, target, inner)) continue
    const door = `${nextFolder(file.path, target)}/index.ts`
    findings.push(
      report({
        path: file.path,
        line,
        problem: `${specifier} goes past a door`,
        advice: `import from ${door}`,
      }),
    )
  }
  return findings
}

function isEntered(file: SourceFile, target: string, inner: Readonly<Record<string, string>>): boolean {
  const folder = dirname(target)
  const enters = nextFolder(file.path, target)
  if (enters === undefined || !target.endsWith('.ts')) return true
  if (target === `${enters}/index.ts`) return true
  if (target === `${folder}/index.ts` && (file.isTest || inner[folder] !== undefined)) return true
  const testsOf = /^((?:[^/]+\/){1,2})test\//.exec(file.path)?.[1]
  if (testsOf === undefined) return false
  return target.startsWith(`${testsOf}test/`) || folder === `${testsOf}src`
}

/** The folder that an import enters first on its way to the target; `undefined` when it enters none. */
function nextFolder(from: string, target: string): string | undefined {
  const own = foldersOf(from)
  const other = foldersOf(target)
  let shared = 0
  while (shared < own.length && own[shared] === other[shared]) shared++
  if (shared >= other.length) return undefined
  // `tools`, `tests` and the like are no modules but places where some stand: what is entered is the folder in them.
  const depth = shared === 0 && other.length > 1 && outsideLayers.includes(other[0] ?? '') ? 2 : shared + 1
  return other.slice(0, depth).join('/')
}

function foldersOf(path: string): string[] {
  return path.split('/').slice(0, -1)
}
