import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileLocator } from './locate.ts'
import { compilePath } from './path.ts'
import type { PathSegment } from './path-syntax.ts'
import { canonicalText, referenceRead } from './reference.ts'
import { decode, valueBytes } from './value-text.ts'

/** Few names, so that paths meet members often; some need escapes, some share their length. */
const name = fc.constantFrom('a', 'b', 'ab', 'ba', 'é', '日', '', '"', '\\', '__proto__', 'a b', '😀', '\n')
const blank = fc.constantFrom('', '', ' ', '\n', '\t\r ')

/** A string as JSON text, its characters written as escapes without need if so asked. */
function quoted(text: string, escaped: boolean): string {
  if (!escaped) return JSON.stringify(text)
  const escapes = Array.from({ length: text.length }, (_, i) => {
    return `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`
  })
  return `"${escapes.join('')}"`
}

const string = fc
  .tuple(fc.oneof(name, fc.string({ unit: 'binary' })), fc.boolean())
  .map(([text, escaped]) => quoted(text, escaped))
const scalar = fc.oneof(
  string,
  fc.constantFrom('null', 'true', 'false', '0', '-1', '1.50', '1e400', '12345678901234567890'),
)

/** JSON text with white space anywhere, members of equal name, and names written as escapes. */
const { value: json } = fc.letrec<{ value: string }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc
      .array(fc.tuple(blank, tie('value'), blank), { maxLength: 4 })
      .map(items => `[${items.map(item => item.join('')).join(',') || ' '}]`),
    fc
      .array(fc.tuple(blank, fc.tuple(name, fc.boolean()), blank, blank, tie('value'), blank), {
        maxLength: 5,
      })
      .map(members => {
        const texts = members.map(([b0, key, b1, b2, value, b3]) => {
          return `${b0}${quoted(...key)}${b1}:${b2}${value}${b3}`
        })
        return `{${texts.join(',')}}`
      }),
  ),
}))

const segments = fc.array(fc.oneof(name, fc.integer({ min: -3, max: 3 })), { maxLength: 3 })

function pathText(steps: readonly PathSegment[]): string {
  return `$${steps.map(step => `[${typeof step === 'number' ? step : JSON.stringify(step)}]`).join('')}`
}

describe('a compiled path', () => {
  test('reads what parsing and walking reads', () => {
    fc.assert(
      fc.property(json, segments, blank, (text, steps, before) => {
        const value = compilePath(pathText(steps)).read(new TextEncoder().encode(before + text))
        const read = value === undefined ? undefined : decode(value.bytes)
        expect(value?.isContainer ? canonicalText(read ?? '') : read).toBe(referenceRead(text, steps))
      }),
      { numRuns: 3_000 },
    )
  })

  test('gives objects and arrays without white space between tokens, and otherwise as written', () => {
    fc.assert(
      fc.property(json, text => {
        const value = compilePath('$').read(new TextEncoder().encode(text))
        const tokens = text.match(/"(?:[^"\\]|\\.)*"|\S/gs) ?? []
        expect(!value?.isContainer || decode(value.bytes) === tokens.join('')).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })

  test('reads the same alone and in one pass with others', () => {
    fc.assert(
      fc.property(json, fc.array(segments, { minLength: 1, maxLength: 6 }), (text, paths) => {
        const event = new TextEncoder().encode(text)
        const places = compileLocator(paths)(event)
        paths.forEach((steps, index) => {
          const start = places[index * 2] ?? -1
          const together =
            start === -1 ? undefined : decode(valueBytes(event, start, places[index * 2 + 1] ?? -1))
          expect(together).toBe(compilePath(pathText(steps)).readText(event))
        })
      }),
      { numRuns: 2_000 },
    )
  })
})
