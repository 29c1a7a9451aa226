import type { TObject, TSchema } from 'typebox'
import { expect, test } from 'vitest'
import { optionsParser } from '../options.ts'

/** Cases about an option schema: from it come validation, defaults, forms, help and the documentation. */
export function optionCases(schema: TObject, system: string): void {
  const parse = optionsParser(system, schema)

  test.each(optionsOf(schema))('option $path has a description', ({ schema: option }) => {
    expect(option).toMatchObject({ description: expect.stringMatching(/\w+.*\.$/s) })
  })

  test('an unknown option is refused with the nearest name', () => {
    const [known = ''] = Object.keys(schema.properties)
    expect(() => parse({ [`${known}x`]: 1 })).toThrow(
      expect.objectContaining({
        code: 'options.invalid',
        message: expect.stringContaining(`did you mean ${known}?`),
      }),
    )
  })

  test.each([['a text'], [1], [[]], [true]])(
    'options that are %j instead of an object are refused',
    value => {
      expect(() => parse(value)).toThrow(expect.objectContaining({ code: 'options.invalid' }))
    },
  )
}

/** How much of a side may go on at once: records of a write, tasks of a stream. */
export function measureCase(measure: number): void {
  test('what may go on at once is a whole number, one or more', () => {
    expect(measure).toBeGreaterThanOrEqual(1)
    expect(Number.isSafeInteger(measure)).toBe(true)
  })
}

interface Option {
  readonly path: string
  readonly schema: TSchema
}

/** Every option, those inside of objects and alternatives too. */
function optionsOf(schema: TSchema, path = ''): Option[] {
  const own = Object.entries(childrenOf(schema, 'properties')).flatMap(([name, child]) => {
    const childPath = path === '' ? name : `${path}.${name}`
    return [{ path: childPath, schema: child }, ...optionsOf(child, childPath)]
  })
  const alternatives = Object.values(childrenOf(schema, 'anyOf')).flatMap(child => optionsOf(child, path))
  return [...own, ...alternatives]
}

function childrenOf(schema: TSchema, keyword: string): Record<string, TSchema> {
  const value: unknown = Reflect.get(schema, keyword)
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
