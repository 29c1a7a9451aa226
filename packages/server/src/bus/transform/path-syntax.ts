import { invalidTransform } from './errors.ts'

/** One step of a definite path: the member of an object, or the element of an array (negative: from its end). */
export type PathSegment = string | number

/** Most steps of one path. JSON texts nested deeper than this exist only to hurt. */
export const pathSegmentsMax = 256

/**
 * Parses a definite JSONPath: `$`, then `.name`, `['name']`, `["name"]` or `[index]` any number of times (the singular
 * queries of RFC 9535). Beyond the RFC a name behind a dot may hold any character that has no meaning in a path, such
 * as the hyphen of `$.detail-type`, because that is what users of the compatible protocol write.
 *
 * Whatever may address more than one value is refused: wildcards, filters, slices, unions, `..`, and function calls.
 *
 * @param text the path
 * @param place where it stands, for the refusal
 * @throws AppError `transform.invalid` with `path` = place, `reason`, `offset`
 */
export function parsePath(text: string, place: string): readonly PathSegment[] {
  return new PathParser(text, place).parse()
}

class PathParser {
  readonly #text: string
  readonly #place: string
  #at = 0

  constructor(text: string, place: string) {
    this.#text = text
    this.#place = place
  }

  parse(): PathSegment[] {
    const text = this.#text
    if (text[0] !== '$') this.#refuse('a path begins with `$`')
    if (!text.isWellFormed()) this.#refuse('half of a surrogate pair is no character')
    this.#at = 1
    const segments: PathSegment[] = []
    while (this.#at < text.length) {
      const blanksAt = this.#at
      this.#blanks()
      if (this.#at === text.length) this.#refuse('nothing may follow the last step', blanksAt)
      segments.push(this.#segment())
      if (segments.length > pathSegmentsMax) this.#refuse(`a path has at most ${pathSegmentsMax} steps`)
    }
    return segments
  }

  #segment(): PathSegment {
    const character = this.#text[this.#at]
    if (character === '.') return this.#dotted()
    if (character === '[') return this.#bracketed()
    return this.#refuse('a step begins with `.` or `[`')
  }

  #dotted(): string {
    const start = ++this.#at
    const first = this.#text[start]
    if (first === '.') this.#refuse('`..` may address more than one value', start - 1)
    if (first === '*') this.#refuse('`*` may address more than one value')
    while (this.#at < this.#text.length && !isNameEnd(this.#text.charAt(this.#at))) this.#at++
    const next = this.#text[this.#at]
    if (next !== undefined && next !== '.' && next !== '[' && !isBlank(next)) {
      if (next === '(') this.#refuse('functions are not part of a definite path')
      this.#refuse(`write a name with ${JSON.stringify(next)} in brackets and quotes`)
    }
    if (this.#at === start) this.#refuse('a name is missing behind the dot')
    return this.#text.slice(start, this.#at)
  }

  #bracketed(): PathSegment {
    this.#at++
    this.#blanks()
    const character = this.#text[this.#at]
    let segment: PathSegment
    if (character === "'" || character === '"') segment = this.#quoted(character)
    else if (character === '*') this.#refuse('`*` may address more than one value')
    else if (character === '?') this.#refuse('a filter may address more than one value')
    else if (character === ':') this.#refuse('a slice may address more than one value')
    else segment = this.#index()
    this.#blanks()
    const end = this.#text[this.#at]
    if (end === ',') this.#refuse('a list of names or indices addresses more than one value')
    if (end === ':') this.#refuse('a slice may address more than one value')
    if (end !== ']') this.#refuse('`]` is missing')
    this.#at++
    return segment
  }

  #index(): number {
    const digits = /^-?[0-9]+/.exec(this.#text.slice(this.#at, this.#at + 18))?.[0]
    if (digits === undefined) this.#refuse('brackets hold an index or a name in quotes')
    if (!/^(0|-?[1-9][0-9]*)$/.test(digits)) this.#refuse('an index has no leading zero')
    const index = Number(digits)
    if (!Number.isSafeInteger(index)) this.#refuse('an index lies between -(2^53 - 1) and 2^53 - 1')
    this.#at += digits.length
    return index
  }

  #quoted(quote: string): string {
    let name = ''
    this.#at++
    for (;;) {
      const character = this.#text[this.#at]
      if (character === undefined) this.#refuse('the closing quote is missing')
      if (character < ' ') this.#refuse('control characters must be written as escapes')
      this.#at++
      if (character === quote) break
      name += character === '\\' ? this.#escape(quote) : character
    }
    if (!name.isWellFormed()) this.#refuse('half of a surrogate pair is no character')
    return name
  }

  /** The character that an escape stands for; the position is behind its backslash. */
  #escape(quote: string): string {
    const letter = this.#text[this.#at] ?? ''
    if (letter === 'u') {
      const digits = this.#text.slice(this.#at + 1, this.#at + 5)
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.#refuse('`\\u` needs four hexadecimal digits')
      this.#at += 5
      return String.fromCharCode(Number.parseInt(digits, 16))
    }
    const meaning = letter === quote ? quote : escapes[letter]
    if (meaning === undefined) this.#refuse('this escape does not exist in a quoted name')
    this.#at++
    return meaning
  }

  #blanks(): void {
    while (this.#at < this.#text.length && isBlank(this.#text.charAt(this.#at))) this.#at++
  }

  #refuse(reason: string, offset = this.#at): never {
    throw invalidTransform(this.#place, reason, offset)
  }
}

const escapes: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  '/': '/',
  '\\': '\\',
}

function isBlank(character: string): boolean {
  return character === ' ' || character === '\t' || character === '\n' || character === '\r'
}

/** Characters that end a name behind a dot: those which mean something in a path, blanks and controls. */
function isNameEnd(character: string): boolean {
  return character <= ' ' || '.[]*?(),\'"\\'.includes(character)
}
