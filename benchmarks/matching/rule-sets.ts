import { readPublicSets, type NamedPattern } from './lots.ts'

/** Rules that are measured beside the peers. */
export interface RuleSet {
  readonly name: string
  readonly rules: readonly NamedPattern[]
  /** How many times faster than event-ruler the goal is. */
  readonly goal: number
}

const flatGoal = 3
const nestedGoal = 1.5

const at = {
  lot: (...values: unknown[]) => ({ properties: { MAPBLKLOT: values } }),
  street: (...values: unknown[]) => ({ properties: { STREET: values } }),
  first: (coordinates: object) => ({ geometry: { firstCoordinates: coordinates } }),
  all: (coordinates: object) => ({ geometry: { coordinates } }),
}

/** The sets: each asks for one kind of condition, the last one mixes them. */
export function ruleSets(): RuleSet[] {
  const published = readPublicSets()
  const exact = published.EXACT ?? ['1430022', '2607117', '2607218', '3745012', 'VACSTWIL'].map(exactRule)
  const prefix = published.PREFIX ?? ['AC', 'BL', 'DR', 'FU', 'RH'].map(prefixRule)
  return [
    { name: 'exact', rules: exact, goal: flatGoal },
    { name: 'prefix', rules: prefix, goal: flatGoal },
    { name: 'suffix', rules: ['ON', 'KE', 'MM', 'ING', 'GO'].map(suffixRule), goal: flatGoal },
    { name: 'numeric', rules: numericRules, goal: flatGoal },
    { name: 'anything-but', rules: anythingButRules, goal: flatGoal },
    {
      name: 'wildcard',
      rules: ['143*', '2*0*1*7', '*218', '3*5*2', 'VA*IL'].map(wildcardRule),
      goal: flatGoal,
    },
    { name: 'mixed', rules: mixedRules, goal: flatGoal },
    { name: 'nested lists', rules: nestedRules, goal: nestedGoal },
  ]
}

const exactRule = (text: string): NamedPattern => [`exact-${text}`, at.lot(text)]
const prefixRule = (prefix: string): NamedPattern => [`prefix-${prefix}`, at.street({ prefix })]
const suffixRule = (suffix: string): NamedPattern => [`suffix-${suffix}`, at.street({ suffix })]
const wildcardRule = (wildcard: string): NamedPattern => [`wildcard-${wildcard}`, at.lot({ wildcard })]

const numericRules: readonly NamedPattern[] = [
  ['west', at.first({ x: [{ numeric: ['<', -122.46] }] })],
  ['north', at.first({ y: [{ numeric: ['>', 37.79] }] })],
  ['strip', at.first({ x: [{ numeric: ['>=', -122.42, '<', -122.41] }] })],
  ['corner', at.first({ x: [{ numeric: ['<', -122.46] }], y: [{ numeric: ['<=', 37.72] }] })],
]

const anythingButRules: readonly NamedPattern[] = [
  ['not-fulton', at.street({ 'anything-but': ['FULTON'] })],
  ['no-avenue', { properties: { ST_TYPE: [{ 'anything-but': ['AVE', 'ST'] }] } }],
  ['no-polygon', { geometry: { type: [{ 'anything-but': ['Polygon'] }] } }],
  ['not-at-441', { properties: { FROM_ST: [{ 'anything-but': ['441', '1', '3334'] }] } }],
]

const mixedRules: readonly NamedPattern[] = [
  ['avenue-like-f', { properties: { STREET: [{ prefix: 'F' }], ST_TYPE: ['AVE', 'ST'] } }],
  ['lots-of-0', { properties: { LOT_NUM: [{ suffix: '0' }], ODD_EVEN: ['E'] } }],
  [
    'any-but-odd',
    { properties: { ODD_EVEN: [{ 'anything-but': ['O'] }], BLOCK_NUM: [{ wildcard: '1*9' }] } },
  ],
  [
    'polygon-west',
    { geometry: { type: ['Polygon'], firstCoordinates: { x: [{ numeric: ['<', -122.46] }] } } },
  ],
  ['either', { $or: [{ properties: { FROM_ST: ['441'] } }, { properties: { TO_ST: ['622'] } }] }],
]

const nestedRules: readonly NamedPattern[] = [
  ['one-point', at.all({ x: [{ numeric: ['<', -122.46] }], y: [{ numeric: ['>', 37.79] }] })],
  [
    'exact-x',
    { geometry: { type: ['Polygon'], coordinates: { z: [0], x: [{ numeric: ['=', -122.4042949] }] } } },
  ],
  ['some-y', at.all({ y: [{ numeric: ['>=', 37.72, '<', 37.721] }] })],
]
