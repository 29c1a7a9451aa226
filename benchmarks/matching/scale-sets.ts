import type { NamedPattern } from './lots.ts'

/** One kind of rule: the rule number `index`. Rules from `foreignFrom` on hold values that no record has. */
export interface ScaleSet {
  readonly name: string
  rule(index: number): NamedPattern
}

/** The first rules of every kind are made of values of the records; all others match nothing. */
const foreignFrom = 100

/**
 * Rules by the hundred thousand. A set of 100 and a set of 100,000 match the same records, so the ratio of their costs is
 * about the number of rules and about nothing else.
 */
export function scaleSets(lots: readonly string[]): ScaleSet[] {
  const lot = (index: number): string => (index < foreignFrom ? (lots[index] ?? '') : `9${1_000_000 + index}`)
  const range = (index: number): [string, number, string, number] =>
    index < foreignFrom
      ? ['>=', -122.5 + index / 1e3, '<', -122.4999 + index / 1e3]
      : ['>=', index, '<', index + 0.5]
  const set = (name: string, pattern: (index: number) => object): ScaleSet => ({
    name,
    rule: index => [`rule-${index}`, pattern(index)],
  })
  return [
    set('exact', index => ({ properties: { MAPBLKLOT: [lot(index)] } })),
    set('prefix', index => ({ properties: { MAPBLKLOT: [{ prefix: lot(index).slice(0, 8) }] } })),
    set('suffix', index => ({ properties: { MAPBLKLOT: [{ suffix: lot(index) }] } })),
    set('wildcard', index => ({
      properties: { MAPBLKLOT: [{ wildcard: `*${lot(index).slice(0, 3)}*${lot(index).slice(3)}` }] },
    })),
    set('numeric', index => ({ geometry: { firstCoordinates: { x: [{ numeric: range(index) }] } } })),
    set('anything-but', index => ({
      properties: { MAPBLKLOT: [lot(index)], STREET: [{ 'anything-but': [`FULTON ${index}`] }] },
    })),
    set('two fields', index => ({
      properties: { MAPBLKLOT: [lot(index)], ODD_EVEN: ['E'] },
      type: ['Feature'],
    })),
    set('nested lists', index => ({ geometry: { coordinates: { x: [{ numeric: range(index) }] } } })),
  ]
}
