import { join } from 'node:path'
import { appendLoop } from '../baseline/index.ts'
import { account, median, openPlatform } from '../calls/index.ts'
import type { Scenario, ScenarioContext, ScenarioRow } from '../scenario.ts'
import { openEngine } from './engine.ts'

const payload = Buffer.alloc(256, 'x')
/** An event of the hidden bus with that payload, about. */
const eventBytes = 820
const callers = 100
const parallel = 32
const rounds = 3

/** Asynchronous calls: how fast they are taken, durably, and how fast what waits is made. */
export const scenario: Scenario = {
  name: 'async-calls',
  title: 'Asynchronous calls of functions',
  compared:
    'Acceptance beside a bare append-and-fdatasync loop of the same bytes; execution beside synchronous calls of the same instance.',
  goal: '≥ 5,000 durable calls a second accepted; executed at ≥ 0.5 × the rate of synchronous calls',
  run: async context => ({
    rows: await rows(context),
    notes: [
      `payloads of 256 bytes, ${callers} callers at once, Node.js function, ${parallel} at once in one instance`,
      'caller, engine and function share the cores; every call is on disk before it is answered',
    ],
  }),
}

async function rows(context: ScenarioContext): Promise<ScenarioRow[]> {
  await using platform = await openPlatform(await context.folder())
  await platform.define('echo', 'export const handler = async event => event', {
    concurrencyPerInstance: parallel,
    instancesMax: 1,
  })
  const loops: number[] = []
  const accepted: number[] = []
  const executed: number[] = []
  const together: number[] = []
  const called: number[] = []
  const count = context.quick ? 500 : 20_000
  for (let round = 0; round < rounds; round++) {
    context.log(`round ${round + 1} of ${rounds}`)
    const folder = await context.folder()
    const durationMs = context.quick ? 200 : 2_000
    loops.push((await appendLoop(folder, { eventBytes, eventsPerSync: callers, durationMs })).eventsPerSecond)
    called.push(await perSecond(count, parallel, () => platform.call('echo', payload)))
    await using engine = await openEngine(join(folder, 'store'), platform)
    const call = () => engine.calls.call(account, 'echo', payload)
    accepted.push(await perSecond(count, callers, call))
    const beganAt = performance.now()
    await engine.delivery.start()
    await engine.delivery.settled(context.signal)
    executed.push(count / ((performance.now() - beganAt) / 1_000))
    const bothAt = performance.now()
    await perSecond(count, callers, call)
    await engine.delivery.settled(context.signal)
    together.push(count / ((performance.now() - bothAt) / 1_000))
  }
  return described(median(loops), median(accepted), median(called), median(executed), median(together))
}

function described(
  loop: number,
  accepted: number,
  called: number,
  executed: number,
  together: number,
): ScenarioRow[] {
  return [
    {
      label: `bare loop, fdatasync per ${callers} events of ${eventBytes} bytes`,
      value: loop,
      unit: 'events/s',
    },
    {
      label: 'accepted, durable',
      value: accepted,
      unit: 'calls/s',
      ratio: accepted / loop,
      goal: '≥ 5,000 calls/s',
      met: accepted >= 5_000,
    },
    { label: 'synchronous calls of the same function', value: called, unit: 'calls/s' },
    {
      label: 'a backlog, made',
      value: executed,
      unit: 'calls/s',
      ratio: executed / called,
      goal: '≥ 0.5',
      met: executed / called >= 0.5,
    },
    { label: 'accepted and made at the same time, to the last', value: together, unit: 'calls/s' },
  ]
}

/** Rate of `count` runs, so many at once. */
async function perSecond(count: number, atOnce: number, once: () => Promise<unknown>): Promise<number> {
  let left = count
  const beganAt = performance.now()
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left--
      await once()
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return count / ((performance.now() - beganAt) / 1_000)
}
