import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Client } from '@millrace/sdk'
import type { Result, Stage } from '../application.ts'
import { takeTexts, until } from '../testing.ts'
import { account, readRefusal, type Refusal } from './account.ts'
import { messages } from './messages.ts'

const customers = 500

/** The queue of the shops and the table, whichever they are. */
export interface Systems {
  /** Of the wiring. */
  readonly environment?: string
  send(bodies: readonly string[]): Promise<void>
  /** The ids of the customers in the table. */
  rows(): Promise<string[]>
  /** What somebody does who has read why rows were refused. */
  mend(): Promise<void>
}

/** Sends messages good and bad, mends the table when the good ones are rows, redrives, and accounts for each. */
export async function run(stage: Stage, systems: Systems): Promise<Result> {
  const { server, signal } = stage
  const { streams } = server.client
  const { environment } = systems
  await server.millrace(
    'apply',
    import.meta.dirname,
    ...(environment === undefined ? [] : ['--env', environment]),
  )
  const sent = messages(customers)
  await systems.send(sent.map(({ body }) => body))
  await until(async () => (await ended(server.client, 'customers')) === sent.length, signal)
  const before = await systems.rows()
  const held = (await streams.status('customers')).counts['dead-lettered'] ?? 0
  stage.say(`${sent.length} messages became ${before.length} rows and ${held} dead letters`)

  await systems.mend()
  await streams.resume('redrive')
  await until(async () => (await ended(server.client, 'redrive')) === held, signal)
  await streams.pause('redrive')
  const rows = await systems.rows()
  const refusals = (await takeTexts(server.client, 'customers-refused', signal)).map(readRefusal)
  stage.say(`after the table was mended, ${rows.length - before.length} more are rows`)
  const figures = account(sent, rows, refusals)
  await writeFile(join(stage.folder, 'refused.json'), JSON.stringify(refusals, undefined, 2))
  return {
    headline:
      `${figures.sent} messages: ${figures.rows} rows (${rows.length - before.length} by redrive, ` +
      `${figures.repeated} sent twice), ${figures.refused} refused with a reason, ${figures.passedOver} passed over, 0 lost`,
    lines: reasons(refusals),
    files: ['refused.json'],
  }
}

/** Records that have come to an end in a stream. */
async function ended(client: Client, stream: string): Promise<number> {
  const { counts, state, reason } = await client.streams.status(stream)
  if (state === 'failed') throw new Error(`stream ${stream} cannot run: ${reason?.message}`)
  return (counts['written'] ?? 0) + (counts['dead-lettered'] ?? 0) + (counts['filtered'] ?? 0)
}

function reasons(refusals: readonly Refusal[]): string[] {
  const counted = Object.entries(Object.groupBy(refusals, ({ reason }) => reason))
  return counted.map(([reason, all = []]) => `${String(all.length).padStart(4)}  ${reason}`).toSorted()
}
