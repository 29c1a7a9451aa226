import { type Comment, parseSync, Visitor, type VisitorObject } from 'oxc-parser'

/** One module that a file names: by import, export-from, dynamic import or a type import. */
export interface ModuleRequest {
  readonly specifier: string
  readonly line: number
  readonly typeOnly: boolean
  readonly dynamic: boolean
}

/** A parsed TypeScript or JavaScript file. */
export class Syntax {
  readonly comments: readonly Comment[]
  readonly errors: readonly string[]
  readonly #parsed: ReturnType<typeof parseSync>
  readonly #lineStarts: readonly number[]
  readonly #text: string

  constructor(path: string, text: string) {
    this.#text = text
    this.#parsed = parseSync(path, text)
    this.comments = this.#parsed.comments
    this.errors = this.#parsed.errors.map(error => error.message)
    this.#lineStarts = lineStarts(text)
  }

  /** The line, from 1, on which an offset of the text lies. */
  lineAt(offset: number): number {
    let low = 0
    let high = this.#lineStarts.length
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if ((this.#lineStarts[middle] ?? Number.POSITIVE_INFINITY) <= offset) low = middle
      else high = middle
    }
    return low + 1
  }

  visit(visitor: VisitorObject): void {
    new Visitor(visitor).visit(this.#parsed.program)
  }

  /** The source text of a node. */
  textOf(node: { readonly start: number; readonly end: number }): string {
    return this.#text.slice(node.start, node.end)
  }

  get program(): ReturnType<typeof parseSync>['program'] {
    return this.#parsed.program
  }

  /** Every module the file names; a dynamic import of a computed name is passed over. */
  requests(): ModuleRequest[] {
    const { staticImports, staticExports } = this.#parsed.module
    const requests: ModuleRequest[] = []
    for (const entry of staticImports) {
      const typeOnly = entry.entries.length > 0 && entry.entries.every(name => name.isType)
      requests.push({
        specifier: entry.moduleRequest.value,
        line: this.lineAt(entry.start),
        typeOnly,
        dynamic: false,
      })
    }
    for (const statement of staticExports) {
      const from = statement.entries.find(entry => entry.moduleRequest !== null)
      if (from?.moduleRequest === undefined || from.moduleRequest === null) continue
      requests.push({
        specifier: from.moduleRequest.value,
        line: this.lineAt(statement.start),
        typeOnly: from.isType,
        dynamic: false,
      })
    }
    this.visit({
      ImportExpression: node => {
        if (node.source.type === 'Literal' && typeof node.source.value === 'string') {
          const line = this.lineAt(node.start)
          requests.push({ specifier: node.source.value, line, typeOnly: false, dynamic: true })
        }
      },
      TSImportType: node => {
        if (node.source.type === 'Literal' && typeof node.source.value === 'string') {
          const line = this.lineAt(node.start)
          requests.push({ specifier: node.source.value, line, typeOnly: true, dynamic: false })
        }
      },
    })
    return requests
  }
}

function lineStarts(text: string): number[] {
  const starts = [0]
  for (let index = text.indexOf('\n'); index !== -1; index = text.indexOf('\n', index + 1)) {
    starts.push(index + 1)
  }
  return starts
}
