import type { Condition, NumberRange } from './condition.ts'

/** A text that is equal for equal conditions and different for different ones, and holds no space outside of quotes. */
export function conditionKey(condition: Condition): string {
  switch (condition.kind) {
    case 'exists':
    case 'absent':
    case 'null':
      return condition.kind
    case 'anything-but':
      return `not(${condition.excluded.map(conditionKey).join(' ')})`
    case 'number':
      return `number${condition.number.text}`
    case 'numeric':
      return `numeric${condition.ranges.map(rangeKey).join('')}`
    case 'address':
      return `address${condition.address.length}:${condition.address.bits}`
    case 'cidr':
      return `cidr${condition.range.length}:${condition.range.low}-${condition.range.high}`
    case 'wildcard':
      return `wildcard${JSON.stringify(condition.pieces)}`
    case 'ignore-case':
      return `fold-${condition.where}${JSON.stringify(condition.text)}`
    default:
      return condition.kind + JSON.stringify(condition.text)
  }
}

function rangeKey(range: NumberRange): string {
  return `${range.lowIncluded ? '[' : '('}${range.low},${range.high}${range.highIncluded ? ']' : ')'}`
}
