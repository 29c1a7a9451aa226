import { reporter, type Rule, type SourceFile } from '../core/index.ts'
import { machineFolders, machinePathsAllowed, registryHosts } from '../house/index.ts'

const name = 'machine-text'
const report = reporter(name)

/** Text that is true on one machine only: absolute paths of a person's folders, hosts of package registries. */
export function machineTextRule(allowed: Readonly<Record<string, string>> = machinePathsAllowed): Rule {
  const path = new RegExp(String.raw`(?<![\w.}*\]-])/(?:${machineFolders.join('|')})/`)
  return {
    name,
    demand: 'No absolute machine paths and no registry hosts, in any text file.',
    check: tree =>
      tree.files
        .filter(file => file.isText && allowed[file.path] === undefined)
        .flatMap(file => checkFile(file, path)),
  }
}

function checkFile(file: SourceFile, path: RegExp) {
  const findings = []
  for (const [index, line] of file.text.split('\n').entries()) {
    const at = { path: file.path, line: index + 1 }
    const seen = path.exec(line)
    if (seen !== null) {
      const problem = `the path ${seen[0]}… exists on one machine only`
      findings.push(report({ ...at, problem, advice: 'use a path relative to the repository' }))
    }
    const host = registryHosts.find(candidate => line.includes(candidate))
    if (host !== undefined || /^\s*registry\s*=/.test(line)) {
      const problem = `names the registry ${host ?? line.trim()}`
      findings.push(report({ ...at, problem, advice: "leave the choice to each machine's npm settings" }))
    }
  }
  return findings
}
