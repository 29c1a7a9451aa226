import { randomInt } from 'node:crypto'
import {
  optionsParser,
  type Outcome,
  type OutgoingRecord,
  type Sink,
  type Source,
  systemClock,
} from '@millrace/spi'
import { outgoing, SourceHost } from '@millrace/spi/conformance'
import { connector } from '../src/index.ts'
import type { Database } from './database.ts'

export const limits = { recordsMax: 100, bytesMax: 1_000_000 }
export const inTime = (): AbortSignal => AbortSignal.timeout(50_000)

/** A sink as the platform opens it: options completed and checked, time as it is. */
export function openSink(options: object): Sink {
  const definition = connector.sink!
  const complete = optionsParser('mysql', definition.options)(options)
  definition.check?.(complete)
  return definition.open(complete, { ...new SourceHost().context, clock: systemClock })
}

export function openSource(options: object, host: SourceHost = new SourceHost()): Source {
  return host.open(connector, { serverId: aServerId(), ...options })
}

/** A record whose body is the row. */
export function rowRecord(row: object | string, parameters: Record<string, string> = {}): OutgoingRecord {
  const body = Buffer.from(typeof row === 'string' ? row : JSON.stringify(row))
  return outgoing('r', { body, parameters })
}

/** `ok`, or the code of the failure. */
export function codes(outcomes: readonly Outcome[]): string[] {
  return outcomes.map(outcome => (outcome.status === 'ok' ? 'ok' : outcome.error.code))
}

export function messageOf(outcome: Outcome | undefined): string {
  return outcome?.status === 'failed' ? outcome.error.message : ''
}

/** Data of the next records, read until there are so many, and committed when `commits`. */
export async function readData<Data>(source: Source, count: number, commits = true): Promise<Data[]> {
  const found: Data[] = []
  while (found.length < count) {
    const records = await source.read(limits, inTime())
    for (const { event } of records)
      found.push((JSON.parse(Buffer.from(event).toString()) as { data: Data }).data)
    if (commits) await source.commit(records)
  }
  return found
}

/** A host whose stream of changes begins at the end that the log has now, and not at its first read. */
export async function logEnd(database: Database): Promise<SourceHost> {
  const host = new SourceHost()
  const [row] = await database.query('SHOW MASTER STATUS')
  const [number] = await database.column('SELECT @@server_id')
  const place = { file: row!['File'], position: Number(row!['Position']), rows: 0 }
  await host.checkpoints.save(
    'changes',
    JSON.stringify({ ...place, server: `server-id ${String(number)}`, tables: 'none' }),
  )
  return host
}

/** The streams of all tests have one name, and would take the log from each other. */
export function aServerId(): number {
  return randomInt(1_000, 1_000_000_000)
}
