import { type ConditionContext, conditionKey } from './context.ts'
import { policyError } from './errors.ts'
import { type Meets, operators } from './operators.ts'

/** Whether the condition of a statement holds. */
export type Condition = (context: ConditionContext) => boolean

type Quantifier = 'any' | 'all'

/**
 * Compiles the `Condition` of a statement: all its operators and keys must hold; of the values of a key one is enough, and with
 * a negated operator none may fit (identity section 2.3). A key that the request does not have fails a positive operator and meets a negated
 * one. Throws `policy.unknown-operator` and `policy.invalid`.
 */
export function compileConditions(given: Readonly<Record<string, unknown>>, path: string): Condition {
  const all = Object.entries(given).flatMap(([operator, keys]) => {
    const place = `${path}.${operator}`
    const compile = operatorOf(operator, place)
    return Object.entries(members(keys, place)).map(([key, value]) =>
      compile(conditionKey(key), valuesOf(value, `${place}.${key}`), `${place}.${key}`),
    )
  })
  return context => all.every(holds => holds(context))
}

type CompileKey = (key: string, values: readonly string[], path: string) => Condition

const operatorExpression = /^(?:(ForAnyValue|ForAllValues):)?(\w+?)(IfExists)?$/

function operatorOf(text: string, path: string): CompileKey {
  const [, prefix, name = '', suffix] = operatorExpression.exec(text) ?? []
  if (text === 'Null') return compileNull
  const operator = operators.get(name)
  if (operator === undefined) {
    throw policyError('policy.unknown-operator', path, 'is not an operator of conditions')
  }
  const { isNegated } = operator
  const quantifier: Quantifier = prefix === 'ForAllValues' ? 'all' : 'any'
  // Of a set, `any` asks for a member that is there, and `all` holds for the empty one.
  const whenAbsent = suffix !== undefined || (prefix === undefined ? isNegated : quantifier === 'all')
  return (key, values, place) => {
    const meets = operator.compile(values)
    if (meets === undefined) throw policyError('policy.invalid', place, `must be ${operator.wants}`)
    return context => {
      const seen = context(key)
      if (seen === undefined || seen.length === 0) return whenAbsent
      return quantifier === 'all'
        ? seen.every(value => satisfies(meets, value, isNegated))
        : seen.some(value => satisfies(meets, value, isNegated))
    }
  }
}

/** A value that is none of the kind, such as a date in words, satisfies neither an operator nor its negation. */
function satisfies(meets: Meets, value: string, isNegated: boolean): boolean {
  const met = meets(value)
  return met !== undefined && met !== isNegated
}

function compileNull(key: string, values: readonly string[], path: string): Condition {
  const wanted = values.map(value => value.toLowerCase())
  if (!wanted.every(value => value === 'true' || value === 'false')) {
    throw policyError('policy.invalid', path, 'must be "true" or "false"')
  }
  return context => {
    const isAbsent = (context(key) ?? []).length === 0
    return wanted.some(value => value === String(isAbsent))
  }
}

function members(value: unknown, path: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw policyError('policy.invalid', path, 'must be an object of keys with their values')
}

/** Numbers and booleans count as their text. */
function valuesOf(value: unknown, path: string): string[] {
  const list: unknown[] = Array.isArray(value) ? value : [value]
  if (list.length === 0) throw policyError('policy.invalid', path, 'must have at least one value')
  return list.map(item => {
    if (typeof item === 'string') return item
    if (typeof item === 'boolean' || typeof item === 'number') return String(item)
    throw policyError('policy.invalid', path, 'must be a text or a list of texts')
  })
}
