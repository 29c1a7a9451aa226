import { reporter, type Rule } from '../core/index.ts'
import { defaultExportsAllowed } from '../house/index.ts'

const name = 'default-exports'
const report = reporter(name)

/** Exports have names, so that one thing is called the same everywhere. */
export function defaultExportsRule(allowed: readonly RegExp[] = defaultExportsAllowed): Rule {
  return {
    name,
    demand: 'No default exports, except where a tool demands one.',
    check: tree => {
      const findings: ReturnType<typeof report>[] = []
      for (const file of tree.files) {
        if (!file.isTypeScript || allowed.some(pattern => pattern.test(file.path))) continue
        const { syntax } = file
        const add = (node: { readonly start: number }) => {
          const line = syntax.lineAt(node.start)
          findings.push(
            report({ path: file.path, line, problem: 'default export', advice: 'export it by name' }),
          )
        }
        syntax.visit({
          ExportDefaultDeclaration: add,
          ExportSpecifier: node => {
            if (node.exported.type === 'Identifier' && node.exported.name === 'default') add(node)
          },
        })
      }
      return findings
    },
  }
}
