/** Numbers of types in `pg_type`, which never change. */
const booleanType = 16
const jsonTypes: ReadonlySet<number> = new Set([114, 3802])
/** int8, int2, int4, oid, float4, float8, numeric. */
const numberTypes: ReadonlySet<number> = new Set([20, 21, 23, 26, 700, 701, 1700])

/** `NaN` and `Infinity` are numbers of PostgreSQL, and none of JSON. */
const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/i

/**
 * The text of a value as JSON: numbers as numbers with all their digits, booleans as booleans, `json` and `jsonb` as what
 * they hold, all else as the text that PostgreSQL writes.
 */
export function columnJson(text: string | null, typeId: number): string {
  if (text === null) return 'null'
  if (typeId === booleanType) return text === 't' ? 'true' : 'false'
  if (jsonTypes.has(typeId)) return text
  if (numberTypes.has(typeId) && jsonNumber.test(text)) return text
  return JSON.stringify(text)
}
