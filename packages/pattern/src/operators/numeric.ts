import { type Condition, Decimal, type JsonNode, type NumberRange } from '../language/index.ts'
import { describe, type Place } from './place.ts'

const all: NumberRange = {
  low: Number.NEGATIVE_INFINITY,
  lowIncluded: true,
  high: Number.POSITIVE_INFINITY,
  highIncluded: true,
}

/** The widest operand of the `aliyun` dialect, in both directions. */
const aliyunOperandMax = 1e9

/** `{"numeric": [">", 0, "<=", 5]}`: the value is a number inside the range. */
export function parseNumeric(node: JsonNode, place: Place): Condition {
  if (node.type !== 'list')
    place.fail('pattern.invalid-operand', `"numeric" takes a list, not ${describe(node)}`)
  const items = node.items
  if (items.length !== 2 && items.length !== 4) {
    place.fail(
      'pattern.invalid-operand',
      `"numeric" takes one or two comparisons, so 2 or 4 items, not ${items.length}`,
    )
  }
  const ranges = place.dialect === 'aliyun' ? parseComparisons(items, place) : [parseRange(items, place)]
  return { kind: 'numeric', ranges }
}

/** `standard`: one comparison, or a lower bound followed by a higher upper bound. */
function parseRange(items: readonly JsonNode[], place: Place): NumberRange {
  const [first, second] = comparisons(items, place, ['=', '<', '<=', '>', '>='])
  if (first === undefined || second === undefined) return rangeOf(first)
  if (!first.operator.startsWith('>') || !second.operator.startsWith('<')) {
    place.fail(
      'pattern.invalid-operand',
      'a range is ">" or ">=" with its number, then "<" or "<=" with its number',
    )
  }
  if (first.bound >= second.bound) {
    place.fail(
      'pattern.empty-range',
      `the lower bound ${first.bound} is not below the upper bound ${second.bound}`,
    )
  }
  return intersect(rangeOf(first), rangeOf(second))
}

/** `aliyun`: any one or two comparisons, all of which must hold; what cannot hold is accepted and never does. */
function parseComparisons(items: readonly JsonNode[], place: Place): NumberRange[] {
  let ranges: NumberRange[] = [all]
  for (const comparison of comparisons(items, place, ['=', '!=', '<', '<=', '>', '>='])) {
    if (Math.abs(comparison.bound) > aliyunOperandMax) {
      place.fail('pattern.invalid-number', `${comparison.bound} is outside of -1000000000 to 1000000000`)
    }
    const pieces =
      comparison.operator === '!='
        ? [rangeOf({ ...comparison, operator: '<' }), rangeOf({ ...comparison, operator: '>' })]
        : [rangeOf(comparison)]
    ranges = ranges.flatMap(range => pieces.map(piece => intersect(range, piece))).filter(isFilled)
  }
  return ranges
}

interface Comparison {
  readonly operator: string
  readonly bound: number
}

function comparisons(items: readonly JsonNode[], place: Place, known: readonly string[]): Comparison[] {
  const found: Comparison[] = []
  for (let index = 0; index < items.length; index += 2) {
    const operator = place.item(index).string(items[index] as JsonNode, 'numeric')
    if (!known.includes(operator)) {
      place.item(index).fail('pattern.unknown-operator', `"${operator}" is none of ${known.join(' ')}`)
    }
    found.push({ operator, bound: parseBound(items[index + 1] as JsonNode, place.item(index + 1)) })
  }
  return found
}

function parseBound(node: JsonNode, place: Place): number {
  if (node.type !== 'number')
    place.fail('pattern.invalid-operand', `a number is expected, not ${describe(node)}`)
  const decimal = new Decimal(node.text)
  if (!decimal.isExact) {
    place.fail(
      'pattern.invalid-number',
      'the number has more digits than a 64-bit floating point number can hold',
    )
  }
  return decimal.double
}

function rangeOf(comparison: Comparison | undefined): NumberRange {
  if (comparison === undefined) return all
  const { operator, bound } = comparison
  if (operator === '=') return { low: bound, lowIncluded: true, high: bound, highIncluded: true }
  return operator.startsWith('<')
    ? { ...all, high: bound, highIncluded: operator === '<=' }
    : { ...all, low: bound, lowIncluded: operator === '>=' }
}

function intersect(left: NumberRange, right: NumberRange): NumberRange {
  const lower = left.low > right.low || (left.low === right.low && !left.lowIncluded) ? left : right
  const upper = left.high < right.high || (left.high === right.high && !left.highIncluded) ? left : right
  return {
    low: lower.low,
    lowIncluded: lower.lowIncluded,
    high: upper.high,
    highIncluded: upper.highIncluded,
  }
}

function isFilled(range: NumberRange): boolean {
  return range.low < range.high || (range.low === range.high && range.lowIncluded && range.highIncluded)
}
