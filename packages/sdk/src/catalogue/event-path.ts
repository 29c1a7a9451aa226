/**
 * The definite JSONPaths that lead somewhere in a value of this type: `$`, `$.data.total`, `$.data.items[0].name`. Up to
 * seven steps are checked, and anything may follow what is not described (`unknown`, `any`).
 */
export type EventPath<Value, Path extends string = '$', Left extends unknown[] = Steps> =
  | Path
  | (unknown extends Value
      ? `${Path}${string}`
      : Left extends [unknown, ...infer Rest]
        ? Below<NonNullable<Value>, Path, Rest>
        : `${Path}${string}`)

type Steps = [0, 0, 0, 0, 0, 0, 0]

type Below<Value, Path extends string, Left extends unknown[]> = Value extends readonly (infer Item)[]
  ? EventPath<Item, `${Path}[${number}]`, Left>
  : Value extends object
    ? { [Key in keyof Value & string]-?: EventPath<Value[Key], `${Path}.${Key}`, Left> }[keyof Value & string]
    : never
