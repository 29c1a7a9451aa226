/**
 * A pattern in the standard dialect that names only fields which a value of this type has, with values that they can
 * have. Fields that are not described (`unknown`, `any`) take every condition.
 */
export type PatternOf<Value> = {
  readonly [Key in keyof Value]?: FieldPattern<NonNullable<Value[Key]>, Value[Key]>
} & {
  readonly $or?: readonly PatternOf<Value>[]
}

/** What stands at a field: conditions where it is a leaf, a pattern of what is inside where it is an object. */
type FieldPattern<Present, Value> = unknown extends Value
  ? unknown
  : Present extends readonly (infer Item)[]
    ? FieldPattern<NonNullable<Item>, Item>
    : Present extends object
      ? PatternOf<Present>
      : readonly Condition<Value>[]

/** One element of the list at a field. */
type Condition<Value> =
  | Literal<Value>
  | { readonly exists: boolean }
  | { readonly 'anything-but': AnythingBut<Value> }
  | (Extract<Value, string> extends never ? never : TextCondition)
  | (Extract<Value, number> extends never ? never : { readonly numeric: readonly (string | number)[] })

type Literal<Value> =
  | Extract<Value, string | number | boolean | null>
  | (undefined extends Value ? null : never)

type TextCondition =
  | { readonly prefix: TextOrAnyCase }
  | { readonly suffix: TextOrAnyCase }
  | { readonly exactly: string }
  | { readonly contains: string }
  | { readonly wildcard: string }
  | { readonly cidr: string }
  | { readonly 'equals-ignore-case': string }

type TextOrAnyCase = string | { readonly 'equals-ignore-case': string }

type OneOrMore<Value> = Value | readonly Value[]

type AnythingBut<Value> =
  | OneOrMore<Extract<Value, string>>
  | OneOrMore<Extract<Value, number>>
  | { readonly [Operator in 'prefix' | 'suffix' | 'wildcard' | 'equals-ignore-case']?: OneOrMore<string> }
