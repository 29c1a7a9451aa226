import {
  type Address,
  type AddressRange,
  type Condition,
  type Decimal,
  type NumberRange,
  type Value,
  skipBackwards,
  skipForwards,
} from '../language/index.ts'
import { wildcardHolds } from './wildcard.ts'

/** Whether a condition holds for one value: the plain statement of every operator. `absent` holds for no value. */
export function holds(condition: Condition, value: Value): boolean {
  switch (condition.kind) {
    case 'exists':
      return true
    case 'absent':
      return false
    case 'anything-but':
      return !condition.excluded.some(excluded => holds(excluded, value))
    case 'text':
      return value.type !== 'null' && value.text === condition.text
    case 'null':
      return value.type === 'null'
    case 'boolean':
      return value.type === 'boolean' && value.text === condition.text
    case 'number':
      return value.type === 'number' && value.decimal.equals(condition.number)
    case 'numeric':
      return value.type === 'number' && numericHolds(condition.ranges, value.decimal)
    default:
      return value.type === 'string' && stringHolds(condition, value)
  }
}

type StringKind =
  | 'string'
  | 'address'
  | 'prefix'
  | 'suffix'
  | 'contains'
  | 'wildcard'
  | 'ignore-case'
  | 'cidr'

function stringHolds(condition: Condition & { kind: StringKind }, value: Value): boolean {
  switch (condition.kind) {
    case 'string':
      return value.isText(condition.text)
    case 'address':
      return (
        value.address?.length === condition.address.length && value.address.bits === condition.address.bits
      )
    case 'cidr':
      return addressHolds(condition.range, value.address)
    case 'prefix':
      return value.startsWith(condition.text)
    case 'suffix':
      return value.endsWith(condition.text)
    case 'contains':
      return value.text.includes(condition.text)
    case 'wildcard':
      return wildcardHolds(condition.pieces, value.text)
    case 'ignore-case':
      return ignoreCaseHolds(condition.where, condition.text, value.text)
  }
}

function addressHolds(range: AddressRange, address: Address | null): boolean {
  return address?.length === range.length && address.bits >= range.low && address.bits <= range.high
}

function ignoreCaseHolds(where: 'whole' | 'start' | 'end', pattern: string, text: string): boolean {
  const characters = Array.from(pattern)
  if (where === 'end') return skipBackwards(characters, text, text.length) !== -1
  const end = skipForwards(characters, text, 0)
  return where === 'start' ? end !== -1 : end === text.length
}

function numericHolds(ranges: readonly NumberRange[], value: Decimal): boolean {
  return ranges.some(range => {
    const low = value.compareToBound(range.low)
    const high = value.compareToBound(range.high)
    return (range.lowIncluded ? low >= 0 : low > 0) && (range.highIncluded ? high <= 0 : high < 0)
  })
}
