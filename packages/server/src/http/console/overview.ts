import { assert } from '@millrace/spi'
import { busKey, type Page } from '../../resources/index.ts'
import { type AccessRule, accessesOf } from '../access.ts'
import type { Permits } from '../permits.ts'
import { factsOf } from '../request-facts.ts'
import type { RouteTable } from '../route-table.ts'
import type { Services } from '../services.ts'
import type { Visitor } from './visitor.ts'

/** Rows of one list; the rest is counted by saying that there are more. */
export const rowsMax = 100

export interface Cell {
  readonly text: string
  readonly mood?: 'good' | 'bad'
  readonly isNumber?: boolean
}

/** What the page shows of one kind. */
export interface Listing {
  readonly title: string
  readonly columns: readonly string[]
  /** `undefined`: this person may not list them. */
  readonly rows: readonly (readonly Cell[])[] | undefined
  readonly hasMore: boolean
}

export interface OverviewParts {
  readonly services: Services
  readonly permits: Permits
  readonly routes: RouteTable
}

const page: Page = { limit: rowsMax }
const hidden: Cell = { text: '–' }

/**
 * What there is in an account and how it stands, as far as somebody may read it: each list and each state asks what the operation of the
 * REST API asks that answers it.
 */
export async function overview(parts: OverviewParts, visitor: Visitor): Promise<readonly Listing[]> {
  const reader = new Reader(parts, visitor)
  return [
    await buses(parts, reader),
    rules(parts, reader),
    await streams(parts, reader),
    functions(parts, reader),
    await queues(parts, reader),
  ]
}

/** The permissions that an operation of the REST API needs. */
export function rulesOf(routes: RouteTable, method: string, path: string): readonly AccessRule[] {
  const access = routes
    .entries()
    .find(entry => entry.path === path)
    ?.access.get(method)
  assert(typeof access === 'object', `the operation ${method} ${path} says what it needs`)
  return access
}

class Reader {
  readonly account: string
  readonly #parts: OverviewParts
  readonly #visitor: Visitor

  constructor(parts: OverviewParts, visitor: Visitor) {
    this.#parts = parts
    this.#visitor = visitor
    this.account = visitor.principal.account
  }

  /** Asked once for each list, and recorded like a call. */
  mayList(path: string, params: Readonly<Record<string, string>> = {}): boolean {
    const { request, principal } = this.#visitor
    return (
      this.#parts.permits.refusal(principal, () => this.#accesses(path, params), request.raw) === undefined
    )
  }

  /** Asked for each row. */
  mayRead(path: string, params: Readonly<Record<string, string>>): boolean {
    const { request, principal } = this.#visitor
    const { authorizer } = this.#parts.services.identity
    return authorizer.refusal(principal, this.#accesses(path, params), factsOf(request.raw)) === undefined
  }

  #accesses(path: string, params: Readonly<Record<string, string>>) {
    const rulesOfPath = rulesOf(this.#parts.routes, 'GET', path)
    const place = { region: this.#parts.permits.region, account: this.account }
    return accessesOf(rulesOfPath, place, params, {})
  }
}

async function buses({ services }: OverviewParts, reader: Reader): Promise<Listing> {
  const title = 'Buses'
  const columns = ['name', 'events kept', 'bytes']
  if (!reader.mayList('/api/v1/buses')) return refused(title, columns)
  const { items, next } = services.resources.buses.list(reader.account, page)
  const rows = items.map(async ({ name }) => {
    if (!reader.mayRead('/api/v1/buses/:bus/status', { bus: name })) return [{ text: name }, hidden, hidden]
    const stat = await services.eventLogs.stat(busKey(reader.account, name))
    return [{ text: name }, number(stat.next - stat.first), number(stat.bytes)]
  })
  return { title, columns, rows: await Promise.all(rows), hasMore: next !== undefined }
}

function rules({ services }: OverviewParts, reader: Reader): Listing {
  const title = 'Rules'
  const columns = ['bus', 'name', 'state', 'targets']
  const all = services.resources.snapshots.current().buses.values()
  const readable = [...all]
    .filter(({ account }) => account === reader.account)
    .filter(({ rules: ofBus }) => ofBus.size > 0)
    .slice(0, rowsMax)
    .filter(({ name }) => reader.mayList('/api/v1/buses/:bus/rules', { bus: name }))
  const isEmpty = readable.length === 0
  if (isEmpty && !reader.mayList('/api/v1/buses/:bus/rules', { bus: '*' })) return refused(title, columns)
  const rows = readable.flatMap(bus =>
    [...bus.rules.values()].map(({ name, spec: { state, targets } }): Cell[] => [
      { text: bus.name },
      { text: name },
      { text: state, ...(state === 'enabled' ? { mood: 'good' } : {}) },
      number(targets.length),
    ]),
  )
  return { title, columns, rows: rows.slice(0, rowsMax), hasMore: rows.length > rowsMax }
}

async function streams({ services }: OverviewParts, reader: Reader): Promise<Listing> {
  const title = 'Streams'
  const columns = ['name', 'state', 'written per second']
  if (!reader.mayList('/api/v1/streams')) return refused(title, columns)
  const { items, next } = services.resources.streams.list(reader.account, page)
  const rows = items.map(async ({ name }): Promise<Cell[]> => {
    if (!reader.mayRead('/api/v1/streams/:name/status', { name })) return [{ text: name }, hidden, hidden]
    const status = await services.streams.status(reader.account, name).catch(gone)
    if (status === undefined) return [{ text: name }, hidden, hidden]
    const { state, writtenPerSecond } = status
    return [
      { text: name },
      { text: state, mood: state === 'failed' ? 'bad' : 'good' },
      number(writtenPerSecond),
    ]
  })
  return { title, columns, rows: await Promise.all(rows), hasMore: next !== undefined }
}

function functions({ services }: OverviewParts, reader: Reader): Listing {
  const title = 'Functions'
  const columns = ['name', 'runtime', 'instances', 'waiting']
  if (!reader.mayList('/api/v1/functions')) return refused(title, columns)
  const { items, next } = services.resources.functions.list(reader.account, page)
  const rows = items.map(({ name, spec }): Cell[] => {
    const known = [{ text: name }, { text: spec.runtime }]
    if (!reader.mayRead('/api/v1/functions/:function/status', { function: name }))
      return [...known, hidden, hidden]
    const { instances, waiting } = services.functions.status(reader.account, name)
    return [...known, number(instances.length), number(waiting)]
  })
  return { title, columns, rows, hasMore: next !== undefined }
}

async function queues({ services }: OverviewParts, reader: Reader): Promise<Listing> {
  const title = 'Queues'
  const columns = ['name', 'to receive', 'hidden', 'delayed']
  if (!reader.mayList('/api/v1/queues')) return refused(title, columns)
  const { items, next } = services.resources.queues.list(reader.account, page)
  const rows = items.map(async ({ name }): Promise<Cell[]> => {
    const isReadable = reader.mayRead('/api/v1/queues/:name/status', { name })
    if (!isReadable) return [{ text: name }, hidden, hidden, hidden]
    const stats = await services.queues.stats(reader.account, name).catch(gone)
    if (stats === undefined) return [{ text: name }, hidden, hidden, hidden]
    const { active, inactive, delayed } = stats
    return [{ text: name }, number(active), number(inactive), number(delayed)]
  })
  return { title, columns, rows: await Promise.all(rows), hasMore: next !== undefined }
}

/** Deleted since the list was read, or not to be had now: the rest of the page need not suffer. */
function gone(): undefined {}

function refused(title: string, columns: readonly string[]): Listing {
  return { title, columns, rows: undefined, hasMore: false }
}

function number(value: number): Cell {
  return { text: value.toLocaleString('en'), isNumber: true }
}
