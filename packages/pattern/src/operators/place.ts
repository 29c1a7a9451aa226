import type { Dialect } from '../dialect.ts'
import type { JsonNode, JsonObject } from '../language/index.ts'
import { PatternError, type PatternErrorCode } from '../pattern-error.ts'

/** Where in a pattern a parser stands, and by which dialect it reads: what every operator needs to refuse precisely. */
export class Place {
  readonly dialect: Dialect
  readonly path: string

  constructor(dialect: Dialect, path: string) {
    this.dialect = dialect
    this.path = path
  }

  member(name: string): Place {
    return new Place(this.dialect, this.path === '' ? name : `${this.path}.${name}`)
  }

  item(index: number): Place {
    return new Place(this.dialect, `${this.path}[${index}]`)
  }

  fail(code: PatternErrorCode, reason: string): never {
    throw new PatternError(code, this.path, reason)
  }

  /** The text of a string operand; refuses every other type. */
  string(node: JsonNode, operator: string): string {
    if (node.type === 'string') return node.text
    return this.fail('pattern.invalid-operand', `"${operator}" takes a string, not ${describe(node)}`)
  }

  /** The text of a string operand that may not be empty. */
  filledString(node: JsonNode, operator: string): string {
    const text = this.string(node, operator)
    if (text === '') this.fail('pattern.empty-operand', `"${operator}" takes a string that is not empty`)
    return text
  }

  /** The only member of an operand that is an object. */
  onlyMember(node: JsonObject): readonly [string, JsonNode] {
    const [first, second] = node.members
    if (first === undefined || second !== undefined) {
      return this.fail(
        'pattern.not-one-operator',
        `an operator object has one member, not ${node.members.length}`,
      )
    }
    return first
  }
}

/** The type of a node with its article, for messages. */
export function describe(node: JsonNode): string {
  return node.type === 'null' ? 'null' : node.type === 'object' ? 'an object' : `a ${node.type}`
}
