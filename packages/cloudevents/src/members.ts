import { CLOSE_OBJECT, COMMA, ESCAPED, JsonScanner, OPEN_OBJECT, QUOTE } from './json-scanner.ts'

/**
 * Where the top-level members of one JSON object stand, as offsets in its text. One table is filled again for
 * every element of a batch, so that scanning allocates nothing per member.
 */
export class MemberTable {
  /** Members of the object, those beyond the capacity included. */
  count = 0
  /** Members that are in the table: `min(count, capacity)`. */
  kept = 0
  /** Whether a name in the table is written with a backslash. */
  namesEscaped = false
  readonly capacity: number
  readonly nameStart: number[] = []
  readonly nameEnd: number[] = []
  readonly nameFlags: number[] = []
  readonly valueStart: number[] = []
  readonly valueEnd: number[] = []
  readonly valueFlags: number[] = []

  /** `capacity` bounds the memory; the members behind it are still checked to be JSON. */
  constructor(capacity: number) {
    this.capacity = capacity
  }

  /**
   * Checks the object at `at` and fills the table. Name and string offsets are those between the quotes for names,
   * and of the whole value, quotes included, for values. Returns the index behind the object.
   */
  read(scanner: JsonScanner, at: number): number {
    const bytes = scanner.bytes
    this.count = 0
    this.kept = 0
    this.namesEscaped = false
    if (bytes[at] !== OPEN_OBJECT) throw scanner.error(at, 'an object')
    let i = scanner.space(at + 1)
    if (bytes[i] === CLOSE_OBJECT) return i + 1
    for (;;) {
      if (bytes[i] !== QUOTE) throw scanner.error(i, 'a name in double quotes')
      const nameEnd = scanner.attributeString(i)
      const nameFlags = scanner.flags
      const value = scanner.colon(nameEnd)
      const end = bytes[value] === QUOTE ? scanner.attributeString(value) : scanner.value(value)
      this.#add(i + 1, nameEnd - 1, nameFlags, value, end, scanner.flags)
      i = bytes[end] === COMMA ? end : scanner.space(end)
      if (bytes[i] === CLOSE_OBJECT) return i + 1
      if (bytes[i] !== COMMA) throw scanner.error(i, 'a comma or a closing brace')
      i = scanner.space(i + 1)
    }
  }

  #add(
    nameStart: number,
    nameEnd: number,
    nameFlags: number,
    valueStart: number,
    valueEnd: number,
    valueFlags: number,
  ): void {
    this.count++
    const index = this.kept
    if (index === this.capacity) return
    this.nameStart[index] = nameStart
    this.nameEnd[index] = nameEnd
    this.nameFlags[index] = nameFlags
    if ((nameFlags & ESCAPED) !== 0) this.namesEscaped = true
    this.valueStart[index] = valueStart
    this.valueEnd[index] = valueEnd
    this.valueFlags[index] = valueFlags
    this.kept = index + 1
  }
}
