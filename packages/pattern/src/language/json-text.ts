import { patternLimits } from '../limits.ts'
import { PatternError, type PatternErrorCode } from '../pattern-error.ts'

/**
 * A JSON value with what `JSON.parse` throws away: the text of numbers and repeated members. A pattern is read from this
 * form, so that `1.0` and `9007199254740993` stay what was written.
 */
export type JsonNode =
  | { readonly type: 'object'; readonly members: ReadonlyArray<readonly [string, JsonNode]> }
  | { readonly type: 'list'; readonly items: readonly JsonNode[] }
  | { readonly type: 'string'; readonly text: string }
  | { readonly type: 'number'; readonly text: string }
  | { readonly type: 'boolean'; readonly text: 'true' | 'false' }
  | { readonly type: 'null'; readonly text: 'null' }

/** A JSON object. */
export type JsonObject = Extract<JsonNode, { type: 'object' }>

/** The codes with which a reader of JSON refuses, so that patterns and events each get their own. */
export interface JsonRefusal {
  readonly malformed: PatternErrorCode
  readonly tooDeep: PatternErrorCode
  readonly depthMax: number
}

export const refusePattern: JsonRefusal = {
  malformed: 'pattern.not-json',
  tooDeep: 'pattern.too-deep',
  depthMax: patternLimits.depthMax,
}

export const refuseEvent: JsonRefusal = {
  malformed: 'pattern.event-not-json',
  tooDeep: 'pattern.event-too-deep',
  depthMax: patternLimits.eventDepthMax,
}

/** Reads one RFC 8259 text. Throws {@link PatternError} with the codes of `refusal` and the offset of the fault. */
export function parseJsonText(text: string, refusal: JsonRefusal): JsonNode {
  const reader = new JsonTextReader(text, refusal)
  return reader.document()
}

class JsonTextReader {
  readonly #text: string
  readonly #refusal: JsonRefusal
  // Sticky expressions carry a position, so every reader has its own.
  readonly #number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
  readonly #quoted = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
  readonly #space = /[ \t\n\r]*/y
  readonly #word = /true|false|null/y
  #position = 0

  constructor(text: string, refusal: JsonRefusal) {
    this.#text = text
    this.#refusal = refusal
  }

  document(): JsonNode {
    const node = this.#value(0)
    this.#take(this.#space)
    if (this.#position !== this.#text.length) this.#fail('something follows the value')
    return node
  }

  #value(depth: number): JsonNode {
    if (depth > this.#refusal.depthMax) {
      throw new PatternError(this.#refusal.tooDeep, '', `nested deeper than ${this.#refusal.depthMax} levels`)
    }
    this.#take(this.#space)
    const first = this.#text[this.#position]
    if (first === '{') return this.#object(depth)
    if (first === '[') return this.#list(depth)
    if (first === '"') return { type: 'string', text: this.#string() }
    const word = this.#take(this.#word)
    if (word === 'null') return { type: 'null', text: 'null' }
    if (word === 'true' || word === 'false') return { type: 'boolean', text: word }
    const number = this.#take(this.#number)
    if (number === null) this.#fail('a value is expected')
    return { type: 'number', text: number }
  }

  #object(depth: number): JsonNode {
    const members: Array<readonly [string, JsonNode]> = []
    this.#position += 1
    if (this.#punctuation('}')) return { type: 'object', members }
    do {
      this.#take(this.#space)
      const name = this.#string()
      if (!this.#punctuation(':')) this.#fail('":" is expected')
      members.push([name, this.#value(depth + 1)])
    } while (this.#punctuation(','))
    if (!this.#punctuation('}')) this.#fail('"," or "}" is expected')
    return { type: 'object', members }
  }

  #list(depth: number): JsonNode {
    const items: JsonNode[] = []
    this.#position += 1
    if (this.#punctuation(']')) return { type: 'list', items }
    do {
      items.push(this.#value(depth + 1))
    } while (this.#punctuation(','))
    if (!this.#punctuation(']')) this.#fail('"," or "]" is expected')
    return { type: 'list', items }
  }

  #string(): string {
    const literal = this.#take(this.#quoted)
    if (literal === null) this.#fail('a string is expected')
    return literal.includes('\\') ? (JSON.parse(literal) as string) : literal.slice(1, -1)
  }

  #punctuation(character: string): boolean {
    this.#take(this.#space)
    if (this.#text[this.#position] !== character) return false
    this.#position += 1
    return true
  }

  #take(sticky: RegExp): string | null {
    sticky.lastIndex = this.#position
    const found = sticky.exec(this.#text)
    if (found === null) return null
    this.#position += found[0].length
    return found[0]
  }

  #fail(reason: string): never {
    throw new PatternError(
      this.#refusal.malformed,
      '',
      `not valid JSON at offset ${this.#position}: ${reason}`,
    )
  }
}
