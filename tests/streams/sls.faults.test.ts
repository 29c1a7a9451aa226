import { connector } from '@millrace/connector-sls'
import { expect, test } from 'vitest'
import type { ServerProcess } from '../../tools/process/index.ts'
import { Feed } from './feed.ts'
import { patienceMs, runningServer, testLimitMs, toHttp } from './place.ts'
import { Recorder } from './recorder.ts'
import { newLogStore } from './sls.ts'

const wait = { timeout: patienceMs }
const total = 1_500

/** A stream from a log store of one server process, which another one runs. */
async function begin(logs: ServerProcess) {
  const options = await newLogStore(logs, 3)
  const server = await runningServer()
  const recorder = await Recorder.start()
  const source = {
    connector: 'sls',
    options: { ...options, start: 'earliest', pollEveryMs: 50, groupsMax: 5 },
  }
  const spec = toHttp(source, recorder.url, '$.data.content')
  await server.client().streams.put('s', spec)
  return { server, recorder, feed: new Feed(connector, options) }
}

test(
  'a server that is killed while it reads a log store loses no log',
  async ({ annotate }) => {
    const { server, recorder, feed } = await begin(await runningServer())
    const feeding = feed.put(0, total)
    for (const part of [0.1, 0.5]) {
      await expect.poll(() => recorder.distinct, wait).toBeGreaterThan(total * part)
      await server.kill()
      await server.start()
    }
    await feeding
    await expect.poll(() => recorder.distinct, wait).toBe(total)
    await annotate(`${recorder.duplicates} of ${total} logs came twice`)
  },
  testLimitMs,
)

test(
  'a log service that is killed in the middle loses no log that it took',
  async ({ annotate }) => {
    const logs = await runningServer()
    const { recorder, feed } = await begin(logs)
    const feeding = feed.put(0, total)
    for (const part of [0.1, 0.5]) {
      await expect.poll(() => recorder.distinct, wait).toBeGreaterThan(total * part)
      await logs.kill()
      await logs.start()
    }
    await feeding
    await expect.poll(() => recorder.distinct, wait).toBe(total)
    await annotate(`${recorder.duplicates} of ${total} logs came twice`)
  },
  testLimitMs,
)
