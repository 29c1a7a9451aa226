import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'

/** The records that rules are held against, one JSON text each, and where they come from. */
export interface Lots {
  readonly events: readonly Buffer[]
  readonly origin: string
}

const folder = fileURLToPath(new URL('../../../shared/cases/', import.meta.url))

/** The public sample of city lots where a checkout has it beside itself, else generated records of the same shape. */
export function readLots(count: number): Lots {
  const path = `${folder}citylots-sample.jsonl.gz`
  if (!existsSync(path))
    return { events: generateLots(count), origin: 'generated records of the shape of city lots' }
  const lines = gunzipSync(readFileSync(path)).toString().split('\n')
  const events = lines.filter(line => line !== '').slice(0, count)
  return { events: events.map(line => Buffer.from(line)), origin: 'the public sample of city lots' }
}

/** A rule as the sets hold it. */
export type NamedPattern = readonly [name: string, pattern: object]

/** The published rule sets for the city lots by name, as far as they are there. */
export function readPublicSets(): Readonly<Record<string, readonly NamedPattern[]>> {
  const path = `${folder}citylots-rules-exact-prefix.json`
  if (!existsSync(path)) return {}
  const { sets } = JSON.parse(readFileSync(path, 'utf8')) as {
    sets: Record<string, ReadonlyArray<{ name: string; pattern: object }>>
  }
  return Object.fromEntries(
    Object.entries(sets).map(([name, rules]) => [
      name,
      rules.map(rule => [rule.name, rule.pattern] as const),
    ]),
  )
}

const streets = [
  'FULTON',
  'BLAIR',
  'RHODE ISLAND',
  'DRUMM',
  'ACADIA',
  '25TH',
  'WAWONA',
  'MISSION',
  'CHURCH',
  'NOE',
]
const kinds = ['ST', 'AVE', 'BLVD', 'WAY']

function generateLots(count: number): Buffer[] {
  const next = sequence(20_111)
  return Array.from({ length: count }, () => Buffer.from(JSON.stringify(generateLot(next))))
}

function generateLot(next: (below: number) => number): object {
  const lot = String(1_000_000 + next(9_000_000))
  const number = String(1 + next(3_999))
  const points = Array.from({ length: 5 + next(8) }, () => ({
    x: -122.5 + next(1e9) / 1e10,
    y: 37.7 + next(1e9) / 1e10,
    z: 0,
  }))
  const isMulti = next(10) === 0
  return {
    type: 'Feature',
    properties: {
      MAPBLKLOT: lot,
      BLKLOT: lot,
      BLOCK_NUM: lot.slice(0, 4),
      LOT_NUM: lot.slice(4),
      FROM_ST: number,
      TO_ST: number,
      STREET: streets[next(streets.length)],
      ST_TYPE: kinds[next(kinds.length)],
      ODD_EVEN: next(2) === 0 ? 'E' : 'O',
    },
    geometry: {
      type: isMulti ? 'MultiPolygon' : 'Polygon',
      coordinates: isMulti ? [[points]] : [points],
      firstCoordinates: points[0],
    },
  }
}

/** The same numbers in every run. */
function sequence(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
