import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ScenarioContext, ScenarioRow } from '../scenario.ts'
import { openPlatform, type Platform } from './platform.ts'
import { median } from './median.ts'

const payload = Buffer.alloc(1_024, 'a')
const echo = 'export const handler = async event => event'
const parallel = 32
/** Both sides are measured so often, in turn: the machine changes its speed in between. */
const rounds = 5

/** Calls of a warm instance, in the process that has the platform, beside a bare echo over a Unix socket. */
export async function warmRows(context: ScenarioContext): Promise<ScenarioRow[]> {
  const socketPath = join(await context.folder(), 'bare')
  await using _server = await context.startServer({
    command: process.execPath,
    args: [fileURLToPath(new URL('bare-echo.ts', import.meta.url)), socketPath],
    ready: { line: /listening/ },
  })
  const socket = connect(socketPath)
  await once(socket, 'connect')
  await using platform = await openPlatform(await context.folder())
  await platform.define('echo', echo)
  await platform.define('shared', echo, { concurrencyPerInstance: parallel })
  const count = context.quick ? 200 : 10_000
  const bare: number[] = []
  const called: number[] = []
  const rates: number[] = []
  for (let round = 0; round < rounds; round++) {
    context.log(`warm calls, round ${round + 1} of ${rounds}`)
    bare.push(await medianMs(count, () => roundTrip(socket)))
    called.push(await medianMs(count, () => platform.call('echo', payload)))
    rates.push(await callsPerSecond(platform, count * 5))
  }
  socket.destroy()
  const bareUs = median(bare) * 1_000
  const overheadUs = median(called) * 1_000 - bareUs
  const rate = Math.max(...rates)
  return [
    { label: 'bare round trip, Unix socket, 1 KiB, p50', value: bareUs, unit: 'µs' },
    {
      label: 'warm call beyond that, one at a time, p50',
      value: overheadUs,
      unit: 'µs',
      goal: '< 150 µs',
      met: overheadUs < 150,
    },
    {
      label: `warm calls, ${parallel} at once, one instance, best of ${rounds}`,
      value: rate,
      unit: 'calls/s',
      goal: '≥ 30,000',
      met: rate >= 30_000,
    },
  ]
}

async function roundTrip(socket: Socket): Promise<void> {
  let missing = payload.length
  await new Promise<void>(resolve => {
    const onData = (chunk: Buffer): void => {
      missing -= chunk.length
      if (missing > 0) return
      socket.off('data', onData)
      resolve()
    }
    socket.on('data', onData)
    socket.write(payload)
  })
}

/** After a warm-up of the same length. */
async function medianMs(count: number, once: () => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let index = 0; index < count * 2; index++) {
    const startedAt = performance.now()
    await once()
    if (index >= count) times.push(performance.now() - startedAt)
  }
  return median(times)
}

async function callsPerSecond(platform: Platform, count: number): Promise<number> {
  let left = count
  const caller = async (): Promise<void> => {
    while (left-- > 0) await platform.call('shared', payload)
  }
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: parallel }, caller))
  return count / ((performance.now() - startedAt) / 1_000)
}
