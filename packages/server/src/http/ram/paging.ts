import { RpcRefusal } from '../rpc-service.ts'
import type { Input } from './input.ts'

/** Items of one page, unless the caller says how many. */
const itemsDefault = 100
const itemsMax = 1_000

interface Page<Item> {
  readonly items: readonly Item[]
  /** What goes into the answer besides them. */
  readonly members: { readonly IsTruncated: boolean; readonly Marker?: string }
}

/** One page of `Marker` and `MaxItems`: a marker is the name of the last item, so what is added or deleted in between moves nothing. */
export function pageOf<Item>(all: readonly Item[], nameOf: (item: Item) => string, input: Input): Page<Item> {
  const limit = input.whole('MaxItems', 1, itemsMax) ?? itemsDefault
  const marker = input.text('Marker')
  const after = marker === undefined ? '' : Buffer.from(marker, 'base64url').toString()
  if (marker !== undefined && after === '') {
    throw new RpcRefusal('InvalidParameter.Marker', 'The parameter "Marker" is none that was given out.')
  }
  const rest = all
    .filter(item => nameOf(item) > after)
    .toSorted((left, right) => (nameOf(left) < nameOf(right) ? -1 : 1))
  const items = rest.slice(0, limit)
  const last = items.at(-1)
  if (last === undefined || rest.length <= limit) return { items, members: { IsTruncated: false } }
  const Marker = Buffer.from(nameOf(last)).toString('base64url')
  return { items, members: { IsTruncated: true, Marker } }
}

/** A moment as this interface writes it: UTC, to the second. */
export function timeText(atMs: number): string {
  return new Date(atMs).toISOString().replace(/\.\d{3}/, '')
}
