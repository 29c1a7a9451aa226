import type { Call } from './call.ts'
import { invalidArgument } from './refusal.ts'
import { wholeNumber } from './values.ts'
import { node, type XmlNode } from './xml-out.ts'

/** Entries of one page at most, and when nothing is said. */
const pageMax = 1_000

export interface PageOfNames<Item> {
  readonly items: readonly Item[]
  readonly isMetaWanted: boolean
  /** To be put behind the entries; `undefined` on the last page. */
  readonly nextMarker: XmlNode | undefined
}

/** The page of a list that the headers ask for (section 1.6.6). Entries are in the order of their names. */
export function pageOfNames<Item extends { readonly name: string }>(
  { headers }: Call,
  all: Iterable<Item>,
): PageOfNames<Item> {
  const text = (name: string): string => String(headers[`x-mns-${name}`] ?? '')
  const limit =
    text('ret-number') === ''
      ? pageMax
      : wholeNumber(text('ret-number'), 'x-mns-ret-number', 1, pageMax, 'items')
  const after = nameOf(text('marker'))
  const prefix = text('prefix')
  const found = [...all]
    .filter(({ name }) => name.startsWith(prefix) && name > after)
    .sort((left, right) => (left.name < right.name ? -1 : 1))
  const items = found.slice(0, limit)
  const last = items.at(-1)
  const isMore = found.length > items.length && last !== undefined
  return {
    items,
    isMetaWanted: text('with-meta').toLowerCase() === 'true',
    nextMarker: isMore ? node('NextMarker', markerOf(last.name)) : undefined,
  }
}

function markerOf(name: string): string {
  return Buffer.from(name).toString('base64url')
}

function nameOf(marker: string): string {
  const name = Buffer.from(marker, 'base64url').toString()
  if (markerOf(name) !== marker) throw invalidArgument('The marker is none that a list returned.')
  return name
}
