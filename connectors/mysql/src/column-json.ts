/** What the binary log says of a column. */
export interface LogColumn {
  readonly name: string
  /** Number of the type on the wire. */
  readonly type: number
  readonly metadata: Readonly<Record<string, unknown>>
}

const decimalTypes: ReadonlySet<number> = new Set([0, 246])
const floatType = 4
const bitType = 16
const jsonType = 245
/** Significant digits that a double keeps, whatever they are. */
const doubleDigits = 15

/**
 * A value of the binary log as JSON. Numbers that a double holds are numbers, all others (`bigint` beyond 2^53, `decimal` with
 * more than 15 digits) texts with all their digits; a column of bits is such a number, too. `json` of MySQL stands as what
 * it holds, binary values as base64, geometries as objects, all else as the text that the server would write.
 */
export function columnJson(value: unknown, { type, metadata }: LogColumn): string {
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'number') return type === floatType ? floatText(value) : finite(value)
  if (typeof value === 'string') {
    if (type === jsonType) return value
    if (decimalTypes.has(type) && Number(metadata['precision']) <= doubleDigits) return value
    return JSON.stringify(value)
  }
  if (value instanceof Uint8Array) {
    return type === bitType ? bitsText(value) : `"${Buffer.from(value).toString('base64')}"`
  }
  return JSON.stringify(value)
}

function finite(value: number): string {
  return Number.isFinite(value) ? String(value) : 'null'
}

/** The shortest text that is the same number of 32 bits: 0.1, not 0.10000000149011612. */
function floatText(value: number): string {
  if (!Number.isFinite(value)) return 'null'
  for (let digits = 6; digits < 9; digits++) {
    const text = Number(value.toPrecision(digits))
    if (Math.fround(text) === value) return String(text)
  }
  return String(Number(value.toPrecision(9)))
}

function bitsText(value: Uint8Array): string {
  const number = BigInt(`0x${Buffer.from(value).toString('hex') || '0'}`)
  return number <= BigInt(Number.MAX_SAFE_INTEGER) ? String(number) : `"${number}"`
}
