import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { logTexts, startExampleServer } from '../../testing.ts'

const folder = join(import.meta.dirname, '..')

test('a program of the cloud has its orders receipted, and once more out of the archive', async () => {
  await using server = await startExampleServer()
  await server.millrace('apply', folder)

  const first = await run(server.settings)
  const second = await run(server.settings)

  expect(first).toMatchObject({ 'bus shop': 'made', 'targets refused': '0', 'events refused': '0' })
  expect(first).toMatchObject({ 'archive shop-month': 'made', replay: 'COMPLETED' })
  expect(second).toMatchObject({ 'bus shop': 'was there', replay: 'COMPLETED' })
  await expect
    .poll(async () => receipts(await logTexts(server.client, 'receipt')), { timeout: 30_000 })
    .toEqual([2, 2, 2, 2])
})

/** How often each receipt was written. */
function receipts(lines: readonly string[]): number[] {
  const counts = new Map<string, number>()
  for (const line of lines) {
    const [receipt] = /receipt for [\w-]+: (12\.5|25), ordered at shop\.orders/.exec(line) ?? []
    if (receipt !== undefined) counts.set(receipt, (counts.get(receipt) ?? 0) + 1)
  }
  return [...counts.values()]
}

/** Runs the example as its page says, and gives the rows of its table. */
async function run(settings: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'main.ts')], {
    env: { PATH: process.env['PATH'] ?? '', ...settings, MILLRACE_URL: settings['MNS_ENDPOINT'] ?? '' },
    timeout: 120_000,
  })
  const rows = stdout.trimEnd().split('\n')
  return Object.fromEntries(rows.map(line => line.split(/ {2,}/) as [string, string]))
}
