import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { repositoryRoot } from '../../tools/process/index.ts'

/** A row of a table, and where the code says the same. */
interface LimitRow {
  readonly name: string
  /** As the page has them, such as `256 KiB`; empty where there is none. */
  readonly default: string
  readonly maximum: string
  readonly paths: readonly string[]
  /** What the search begins at: a name that only one place of the file has. */
  readonly anchor: string
}

/** What a page writes as `256 KiB`, `7 d` or `1,000`, in bytes, milliseconds or by number. */
function valueOf(text: string): number {
  const [, digits = '', unit = ''] = /^([\d,.]+)(?: (\w+))?$/.exec(text) ?? []
  const factor = unit === '' ? 1 : units[unit]
  if (digits === '' || factor === undefined) throw new Error(`"${text}" is no value with a known unit`)
  return Number(digits.replaceAll(',', '')) * factor
}

const units: Readonly<Record<string, number>> = {
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  ms: 1,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** The tables of a page that a comment `limits: PATH… ANCHOR` stands above. */
function limitRows(page: string): LimitRow[] {
  return [...page.matchAll(/<!-- limits: ([^>]+) -->\n\n((?:\|.*\n)+)/g)].flatMap(
    ([, said = '', table = '']) => {
      const words = said.split(' ')
      const paths = words.filter(word => word.endsWith('.ts'))
      const anchor = words.find(word => !word.endsWith('.ts')) ?? ''
      const rows = table.trim().split('\n').map(cellsOf)
      const hasMaximum = rows[0]?.length === 4
      return rows.slice(2).map(([first = '', second = '', third = '']) => ({
        name: first.replaceAll('`', ''),
        default: second,
        maximum: hasMaximum ? third : '',
        paths,
        anchor,
      }))
    },
  )
}

function cellsOf(row: string): string[] {
  return row
    .split('|')
    .slice(1, -1)
    .map(cell => cell.trim())
}

/** What the code sets a name to: a number, or the numbers of an option of a schema. */
function valuesInCode(
  source: string,
  { name, anchor }: LimitRow,
): { default?: number; maximum?: number } | undefined {
  const from = anchor === '' ? 0 : source.search(new RegExp(`const ${anchor}\\b`))
  if (from === -1) return undefined
  const found = new RegExp(`(?:\\b|')${name}'?(?:: [\\w<>', ]+)?(?::| =) (?=Type\\.|\\d|\\{\\s+unit:)`).exec(
    source.slice(from),
  )
  if (found === null) return undefined
  const rest = source.slice(from + found.index + found[0].length)
  const scale = name.endsWith('MiB') ? 2 ** 20 : 1
  if (rest.startsWith('{'))
    return { default: product((rest.split('limit: ')[1] ?? '').replace(' * mebibyte', ' * 1_048_576')) }
  if (!rest.startsWith('Type.')) return { default: product(rest) * scale }
  const option = rest.slice(0, closing(rest))
  const numberOf = (key: string): number | undefined => {
    const text = option.split(new RegExp(`\\b${key}: `)).at(-1) ?? ''
    return text === option || !/^\d/.test(text) ? undefined : product(text) * scale
  }
  const initial = numberOf('default')
  const maximum = numberOf('maximum') ?? numberOf('maxItems') ?? numberOf('maxProperties')
  return {
    ...(initial === undefined ? {} : { default: initial }),
    ...(maximum === undefined ? {} : { maximum }),
  }
}

/** Where the parenthesis that is opened first is closed. */
function closing(text: string): number {
  let depth = 0
  for (let index = 0; index < text.length; index++) {
    if (text[index] === '(') depth++
    if (text[index] === ')' && --depth === 0) return index
  }
  return text.length
}

/** Numbers and their products and powers, such as `10 * 1024 ** 3`; the text goes on behind them. */
function product(text: string): number {
  const [written = ''] = /^\d[\d_.]*(?: \*\*? \d[\d_.]*)*/.exec(text) ?? []
  return written
    .replaceAll('_', '')
    .split(/ \* /)
    .map(factor => factor.split(' ** ').map(Number))
    .reduce((result, [base = Number.NaN, power = 1]) => result * base ** power, 1)
}

describe.each(['docs/limits.md', 'docs/zh/limits.md'])('%s', page => {
  test('has the numbers that the code has', async () => {
    const rows = limitRows(await readFile(join(repositoryRoot, page), 'utf8'))
    expect(rows.length).toBeGreaterThan(100)

    const wrong: string[] = []
    for (const row of rows) {
      const sources = await Promise.all(row.paths.map(path => readFile(join(repositoryRoot, path), 'utf8')))
      const code = sources.map(source => valuesInCode(source, row)).find(values => values !== undefined)
      const said = {
        ...(row.default === '' ? {} : { default: valueOf(row.default) }),
        ...(row.maximum === '' ? {} : { maximum: valueOf(row.maximum) }),
      }
      if (Object.keys(said).length === 0) wrong.push(`${row.name}: no value`)
      for (const key of ['default', 'maximum'] as const) {
        if (said[key] === undefined || code?.[key] === said[key]) continue
        wrong.push(
          `${row.name}: ${key} ${said[key]} on the page, ${code?.[key] ?? 'none'} in ${row.paths.join(', ')}`,
        )
      }
    }
    expect(wrong).toEqual([])
  })
})

test('the page in Chinese has the limits of the page in English', async () => {
  const [english = '', chinese = ''] = await Promise.all(
    ['docs/limits.md', 'docs/zh/limits.md'].map(path => readFile(join(repositoryRoot, path), 'utf8')),
  )
  expect(limitRows(chinese)).toEqual(limitRows(english))
})

test('every quota of the catalogue is on the page', async () => {
  const path = 'packages/server/src/resources/quota.ts'
  const catalogue = await readFile(join(repositoryRoot, path), 'utf8')
  const quotas = [...catalogue.matchAll(/^ {2}'?([a-z-]+)'?: \{\s+unit:/gm)].map(([, name]) => name)
  expect(quotas.length).toBeGreaterThan(20)

  const page = await readFile(join(repositoryRoot, 'docs/limits.md'), 'utf8')
  const named = limitRows(page).flatMap(({ name, paths }) => (paths.includes(path) ? [name] : []))
  expect(new Set(named)).toEqual(new Set(quotas))
})
