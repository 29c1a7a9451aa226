import type { Condition, NumberRange } from './language/index.ts'

/** A condition written as a pattern writes it, for people: what `explain` reports as wanted. */
export function describeCondition(condition: Condition): unknown {
  switch (condition.kind) {
    case 'string':
    case 'text':
      return condition.text
    case 'boolean':
      return condition.text === 'true'
    case 'null':
      return null
    case 'number':
      return condition.number.isExact ? condition.number.double : condition.number.text
    case 'address':
      return addressText(condition.address.bits, condition.address.length)
    case 'exists':
      return { exists: true }
    case 'absent':
      return { exists: false }
    case 'anything-but':
      return { 'anything-but': condition.excluded.map(describeCondition) }
    default:
      return describeOperator(condition)
  }
}

type OperatorKind = 'prefix' | 'suffix' | 'contains' | 'wildcard' | 'ignore-case' | 'numeric' | 'cidr'

function describeOperator(condition: Condition & { kind: OperatorKind }): unknown {
  switch (condition.kind) {
    case 'wildcard':
      return { wildcard: condition.pieces.map(piece => piece.replaceAll(/[*\\]/g, '\\$&')).join('*') }
    case 'ignore-case': {
      const folded = { 'equals-ignore-case': condition.text }
      if (condition.where === 'whole') return folded
      return condition.where === 'start' ? { prefix: folded } : { suffix: folded }
    }
    case 'numeric':
      return condition.ranges.length === 1
        ? { numeric: describeRange(condition.ranges[0] as NumberRange) }
        : { numeric: condition.ranges.map(describeRange) }
    case 'cidr': {
      const { low, high, length } = condition.range
      return { cidr: `${addressText(low, length)} to ${addressText(high, length)}` }
    }
    default:
      return { [condition.kind]: condition.text }
  }
}

function describeRange(range: NumberRange): unknown[] {
  if (range.low === range.high) return ['=', range.low]
  const lower = range.low === Number.NEGATIVE_INFINITY ? [] : [range.lowIncluded ? '>=' : '>', range.low]
  const upper = range.high === Number.POSITIVE_INFINITY ? [] : [range.highIncluded ? '<=' : '<', range.high]
  return [...lower, ...upper]
}

function addressText(bits: bigint, length: 32 | 128): string {
  const width = length === 32 ? 8n : 16n
  const parts: string[] = []
  for (let shift = BigInt(length) - width; shift >= 0n; shift -= width) {
    const part = Number((bits >> shift) & ((1n << width) - 1n))
    parts.push(length === 32 ? String(part) : part.toString(16))
  }
  return parts.join(length === 32 ? '.' : ':')
}
