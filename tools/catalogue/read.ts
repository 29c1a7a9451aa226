import type { SourceFile, Tree } from '../source/index.ts'

/** One code of a catalogue, read from its source text. */
export interface CatalogueCode {
  readonly code: string
  readonly status: number
  readonly description: string
  readonly path: string
  readonly line: number
}

/** What could be read, and the places that could not be: a status or description that is no literal. */
export interface CatalogueReading {
  readonly codes: readonly CatalogueCode[]
  readonly unreadable: readonly { readonly path: string; readonly line: number; readonly text: string }[]
}

/**
 * Finds every `…errorCatalogue` object literal of the sources. Reading the text and not the running program lets the
 * rules and the reference page work on a tree that does not run yet, and gives each code its line.
 */
export function readCatalogues(tree: Tree): CatalogueReading {
  const codes: CatalogueCode[] = []
  const unreadable: { path: string; line: number; text: string }[] = []
  for (const file of tree.files) {
    if (!file.isTypeScript || file.isTest || !/src\//.test(file.path)) continue
    if (!/errorCatalogue\b/i.test(file.text)) continue
    for (const entry of entriesOf(file)) {
      if ('text' in entry) unreadable.push(entry)
      else codes.push(entry)
    }
  }
  return { codes: codes.toSorted((left, right) => left.code.localeCompare(right.code)), unreadable }
}

type Unreadable = CatalogueReading['unreadable'][number]

/** The parts of a syntax node that are looked at here; the parser's own types name hundreds. */
interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly expression?: Node
  readonly properties?: readonly Node[]
  readonly key?: Node
  readonly value?: unknown
  readonly left?: Node
  readonly right?: Node
  readonly operator?: string
  readonly expressions?: readonly Node[]
  readonly quasis?: readonly { readonly value: { readonly cooked: string | null } }[]
}

function entriesOf(file: SourceFile): (CatalogueCode | Unreadable)[] {
  const { syntax } = file
  const entries: (CatalogueCode | Unreadable)[] = []
  syntax.visit({
    VariableDeclarator: node => {
      // By its name, or by its type where the name says whose it is: `const authErrors: ErrorCatalogue`.
      if (node.init === null || !/errorCatalogue\b/i.test(syntax.textOf(node.id))) return
      const literal = unwrapped(node.init as unknown as Node)
      if (literal.type !== 'ObjectExpression') return
      for (const property of literal.properties ?? []) {
        if (property.type !== 'Property') continue
        const line = syntax.lineAt(property.start)
        const fields = fieldsOf(property)
        const code = property.key === undefined ? undefined : constant(property.key)
        const status = fields.get('status')
        const description = fields.get('description')
        if (typeof code === 'string' && typeof status === 'number' && typeof description === 'string') {
          entries.push({ code, status, description, path: file.path, line })
        } else {
          entries.push({ path: file.path, line, text: syntax.textOf(property).slice(0, 60) })
        }
      }
    },
  })
  return entries
}

function fieldsOf(property: Node): ReadonlyMap<string, string | number | undefined> {
  const value = unwrapped(property.value as Node)
  const fields = new Map<string, string | number | undefined>()
  for (const field of value.properties ?? []) {
    if (field.type !== 'Property' || field.key === undefined) continue
    const name = constant(field.key) ?? (field.key as unknown as { name?: string }).name
    if (typeof name === 'string') fields.set(name, constant(field.value as Node))
  }
  return fields
}

/** The expression inside `as const`, `satisfies …`, parentheses and `Object.freeze(…)`. */
function unwrapped(node: Node): Node {
  const inner = ['TSAsExpression', 'TSSatisfiesExpression', 'ParenthesizedExpression'].includes(node.type)
  return inner && node.expression !== undefined ? unwrapped(node.expression) : node
}

/** A literal, a template without variables, or a sum of such. */
function constant(node: Node): string | number | undefined {
  if (node.type === 'Literal' && (typeof node.value === 'string' || typeof node.value === 'number')) {
    return node.value
  }
  if (node.type === 'TemplateLiteral' && node.expressions?.length === 0) {
    return node.quasis?.[0]?.value.cooked ?? undefined
  }
  if (node.type !== 'BinaryExpression' || node.operator !== '+') return undefined
  const left = node.left === undefined ? undefined : constant(node.left)
  const right = node.right === undefined ? undefined : constant(node.right)
  return typeof left === 'string' && typeof right === 'string' ? left + right : undefined
}
