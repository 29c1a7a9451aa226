import { reporter, type Rule } from '../core/index.ts'
import { programFolders } from '../house/index.ts'

const name = 'module-state'
const report = reporter(name)

/** Importing a module does nothing and leaves nothing that changes: no `let` or `var` at the top level. */
export function moduleStateRule(): Rule {
  return {
    name,
    demand: 'No mutable variable at the top level of a module.',
    check: tree => {
      const findings = []
      for (const file of tree.files) {
        if (!file.isTypeScript || file.isTest || /\/bootstrap\//.test(file.path)) continue
        if (programFolders.some(folder => file.path.startsWith(folder))) continue
        for (const statement of file.syntax.program.body) {
          const declared = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
          if (declared?.type !== 'VariableDeclaration' || !['let', 'var'].includes(declared.kind)) continue
          const line = file.syntax.lineAt(statement.start)
          const problem = `module-level ${declared.kind}`
          findings.push(
            report({ path: file.path, line, problem, advice: 'hold it in the object that owns it' }),
          )
        }
      }
      return findings
    },
  }
}
