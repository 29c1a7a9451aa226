import type { Fates } from './burst.ts'
import type { Row } from './functions/rows.mts'

/** How many notifications came to which end. */
export interface Account {
  readonly accepted: number
  readonly sent: number
  readonly refused: number
  readonly failed: number
  /** Of those that are in the store: of a call that was made more than once. */
  readonly retried: number
  readonly stored: number
  readonly unaccounted: number
}

/**
 * Holds what was accepted against what the gateway has sent and what the store says, by type of event and in all. Throws a
 * sentence that names a notification which is not as it must be, lost ones too.
 */
export function account(
  fates: Fates,
  sent: ReadonlySet<string>,
  rows: readonly Row[],
): ReadonlyMap<string, Account> {
  const stored = new Map<string, Row>()
  for (const row of rows) {
    const { id, state } = row
    if (!fates.has(id)) throw new Error(`nobody asked for ${id}`)
    if ((stored.get(id)?.state ?? state) !== state) throw new Error(`${id} has two ends`)
    stored.set(id, row)
  }
  for (const [id, { state }] of fates) {
    const row = stored.get(id)
    if (row === undefined) throw new Error(`${id} is lost: it is not in the store`)
    if (row.state !== state)
      throw new Error(`${id} is stored as ${row.state}, and must be ${state}: ${row.reason}`)
    if (sent.has(id) !== (state === 'sent'))
      throw new Error(`${id} is ${state}, and the gateway has ${sent.has(id) ? '' : 'not '}sent it`)
  }
  const types = [...new Set([...fates.values()].map(({ type }) => type))]
  const parts = types.map((type): [string, Account] => {
    const accepted = [...fates].filter(([, fate]) => fate.type === type).map(([id]) => id)
    return [type, count(accepted, stored)]
  })
  return new Map([...parts, ['in all', count([...fates.keys()], stored)]])
}

function count(accepted: readonly string[], stored: ReadonlyMap<string, Row>): Account {
  const rows = accepted.map(id => stored.get(id)).filter(row => row !== undefined)
  const inState = (state: Row['state']): number => rows.filter(row => row.state === state).length
  return {
    accepted: accepted.length,
    sent: inState('sent'),
    refused: inState('refused'),
    failed: inState('failed'),
    retried: rows.filter(({ attempts }) => attempts > 1).length,
    stored: rows.length,
    unaccounted: accepted.length - rows.length,
  }
}

const cellWidth = 'unaccounted'.length + 2

/** The account as lines of a table. */
export function table(accounts: ReadonlyMap<string, Account>): string[] {
  const columns = ['accepted', 'sent', 'refused', 'failed', 'retried', 'stored', 'unaccounted'] as const
  const line = (name: string, cells: readonly (string | number)[]): string =>
    [name.padEnd(14), ...cells.map(cell => String(cell).padStart(cellWidth))].join('')
  return [
    line('', columns),
    ...[...accounts].map(([name, each]) =>
      line(
        name,
        columns.map(column => each[column]),
      ),
    ),
  ]
}
