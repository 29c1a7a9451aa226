import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startExampleServer, until } from '../../testing.ts'
import { Robot } from '../robot.ts'
import { run } from '../run.ts'

test('each call is judged, what is wrong is in the report, and what is urgent wakes a chat that was away', async () => {
  await using cleaning = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'millrace-audit-'))
  cleaning.defer(() => rm(folder, { recursive: true }))
  const robot = cleaning.use(await Robot.start())
  process.env['ROBOT_URL'] = robot.url
  cleaning.defer(() => void delete process.env['ROBOT_URL'])
  const server = cleaning.use(await startExampleServer({ files: folder }))
  const signal = AbortSignal.timeout(55_000)

  const { headline } = await run({ server, folder, signal, say: () => {} })

  expect(headline).toMatch(/^\d+ calls in 3 accounts, each judged; 9 findings, 5 of them alerted$/)
  await until(() => Promise.resolve(new Set(robot.texts).size === 5), signal)
  expect(robot.texts.every(text => text.includes('high'))).toBe(true)
  expect(await server.client.queues.status('not-judged')).toMatchObject({ active: 0, inactive: 0 })
}, 60_000)
