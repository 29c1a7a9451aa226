import { gunzipSync } from 'node:zlib'
import type { Client } from '@millrace/sdk'
import type { Result, Stage } from '../application.ts'
import { until } from '../testing.ts'
import { account, type Archived, type HourAccount } from './account.ts'
import type { Sale } from './functions/sale.mts'
import { type TillLine, tillLines } from './tills.ts'

/** The topics and the bucket, whichever they are. */
export interface Systems {
  /** Of the wiring. */
  readonly environment?: string
  /** Does what the tills do. */
  write(lines: readonly TillLine[]): Promise<void>
  /** Everything in the topic of sales. */
  topic(signal: AbortSignal): Promise<Sale[]>
  /** Every object of the bucket. */
  objects(): Promise<{ readonly key: string; readonly bytes: Buffer }[]>
}

/** Writes what tills write, waits until both streams are through, and accounts for each sale in both places. */
export async function run(stage: Stage, systems: Systems, sales: number): Promise<Result> {
  const { server, signal } = stage
  const { environment } = systems
  const { client } = server
  await server.millrace(
    'apply',
    import.meta.dirname,
    ...(environment === undefined ? [] : ['--env', environment]),
  )
  const lines = tillLines(sales)
  const expected = lines.map(({ sale }) => sale).filter(sale => sale !== undefined)
  await systems.write(lines)
  stage.say(`tills have written ${lines.length} lines`)
  await until(async () => (await ended(client, 'convert')) >= lines.length, signal)
  await until(async () => (await ended(client, 'archive')) >= expected.length, signal)
  const { counts } = await client.streams.status('convert')
  const { filtered = 0, 'dead-lettered': unreadable = 0 } = counts
  const archive = (await systems.objects()).map(opened)
  const hours = account(expected, await systems.topic(signal), archive)
  checkCount('passed over', filtered, lines)
  checkCount('unreadable', unreadable, lines)
  return {
    headline:
      `${lines.length} lines of tills: ${expected.length} sales, each once in the topic and once in ` +
      `${archive.length} objects of ${hours.length} folders; ${filtered} passed over, ${unreadable} unreadable`,
    lines: table(hours),
    files: archive.map(({ key }) => key).toSorted(),
  }
}

/** Records that have come to an end in a stream. */
async function ended(client: Client, stream: string): Promise<number> {
  const { counts, state, reason } = await client.streams.status(stream)
  if (state === 'failed') throw new Error(`stream ${stream} cannot run: ${reason?.message}`)
  return (counts['written'] ?? 0) + (counts['dead-lettered'] ?? 0) + (counts['filtered'] ?? 0)
}

function checkCount(wanted: TillLine['fate'], seen: number, lines: readonly TillLine[]): void {
  const count = lines.filter(({ fate }) => fate === wanted).length
  if (seen !== count) throw new Error(`${seen} lines are ${wanted}, and must be ${count}`)
}

/** Reads an object of the archive. */
export function opened({ key, bytes }: { key: string; bytes: Buffer }): Archived {
  const lines = gunzipSync(bytes).toString().trimEnd().split('\n')
  return { key, bytes: bytes.length, sales: lines.map(line => JSON.parse(line) as Sale) }
}

function table(hours: readonly HourAccount[]): string[] {
  const line = (cells: readonly (string | number)[]): string =>
    cells.map((cell, at) => (at === 0 ? String(cell).padEnd(16) : String(cell).padStart(9))).join('')
  return [
    line(['hour', 'sales', 'objects', 'bytes']),
    ...hours.map(({ hour, sales, objects, bytes }) => line([hour, sales, objects, bytes])),
  ]
}
