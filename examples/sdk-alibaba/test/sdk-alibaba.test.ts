import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type ExampleServer, startExampleServer } from '../../testing.ts'
import { runProgram } from './program.ts'

test('the programs of the cloud do here what they do there, and do it again', async () => {
  await using server = await startExampleServer()

  const first = await run(server)
  expect(first).toContainEqual(['@alicloud/eventbridge', 'bus sdk-orders', 'made'])
  expect(first).toContainEqual(['@alicloud/eventbridge', '2 events', '0 refused'])
  expect(answersTo(first, 'function called for')).toEqual(['[200]Ok', '[200]Ok'])
  expect(answersTo(first, 'call for')).toEqual(['202', '202'])
  const quotes = answersTo(first, 'a quote').map(answer => JSON.parse(answer) as Record<string, unknown>)
  expect(new Set(quotes.map(({ total }) => total))).toEqual(new Set([12.5, 25]))
  expect(new Set(quotes.map(({ quotedBy }) => quotedBy))).toEqual(new Set(['sdk-quote']))
  expect(JSON.parse(answersTo(first, 'called')[0] ?? '')).toMatchObject({ order: 'old', total: 6 })

  const second = await run(server)
  expect(second).toContainEqual(['@alicloud/eventbridge', 'bus sdk-orders', 'was there'])
  expect(answersTo(second, 'a quote')).toHaveLength(2)
})

/** Runs the example as its page says, and gives the rows of its table. */
async function run({ settings }: ExampleServer): Promise<string[][]> {
  const output = await runProgram(join(import.meta.dirname, '..', 'main.ts'), {
    ...settings,
    MILLRACE_URL: settings['MNS_ENDPOINT'] ?? '',
  })
  return output
    .trimEnd()
    .split('\n')
    .map(line => line.split(/ {2,}/))
}

function answersTo(rows: readonly string[][], done: string): string[] {
  return rows.flatMap(([, what = '', answer = '']) => (what.startsWith(done) ? [answer] : []))
}
