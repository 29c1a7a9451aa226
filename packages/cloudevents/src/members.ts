import { CLOSE_OBJECT, COMMA, OPEN_OBJECT, QUOTE } from './ascii.ts'
import { byteAt, JsonScanner } from './json-scanner.ts'

/** Where the top-level members of one JSON object stand, as offsets in its text. */
export class MemberTable {
  count = 0
  /** Offsets of the name between its quotes. */
  readonly nameStart: number[] = []
  readonly nameEnd: number[] = []
  readonly nameFlags: number[] = []
  /** Offsets of the whole value, the quotes of a string included. */
  readonly valueStart: number[] = []
  readonly valueEnd: number[] = []
  readonly valueFlags: number[] = []

  /** Reads the object at `at` into an empty table. Returns the index behind the object. */
  read(scanner: JsonScanner, at: number): number {
    const bytes = scanner.bytes
    if (byteAt(bytes, at) !== OPEN_OBJECT) throw scanner.error(at, 'an object')
    let i = scanner.space(at + 1)
    if (byteAt(bytes, i) === CLOSE_OBJECT) return i + 1
    for (;;) {
      if (byteAt(bytes, i) !== QUOTE) throw scanner.error(i, 'a name in double quotes')
      const nameEnd = scanner.attributeString(i)
      this.nameFlags.push(scanner.flags)
      const value = scanner.colon(nameEnd)
      const end = byteAt(bytes, value) === QUOTE ? scanner.attributeString(value) : scanner.value(value)
      this.nameStart.push(i + 1)
      this.nameEnd.push(nameEnd - 1)
      this.valueStart.push(value)
      this.valueEnd.push(end)
      this.valueFlags.push(scanner.flags)
      this.count++
      i = scanner.space(end)
      if (byteAt(bytes, i) === CLOSE_OBJECT) return i + 1
      if (byteAt(bytes, i) !== COMMA) throw scanner.error(i, 'a comma or a closing brace')
      i = scanner.space(i + 1)
    }
  }
}
