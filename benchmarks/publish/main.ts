import { fileURLToPath } from 'node:url'
import { appendLoop } from '../baseline/index.ts'
import type { LoadResult } from '../harness/index.ts'
import { eventText, type Millrace, startMillrace } from '../millrace.ts'
import type { Scenario, ScenarioContext, ScenarioRow } from '../scenario.ts'

const eventBytes = 400
const eventsPerRequest = 100
const connections = 64
/** Each side is measured so often, in turn, and the median counts: the machine changes its speed in between. */
const rounds = 3

/** Durable publishing over HTTP beside the least it could cost. */
export const scenario: Scenario = {
  name: 'publish',
  title: 'Publishing, durable',
  compared:
    'Batches beside a bare append-and-fdatasync loop; single events beside a bare node:http server on the same storage.',
  goal: '≥ 0.5 × the bare loop with 100 events a request; ≥ 0.7 × the bare server with one',
  run: async context => ({
    rows: [...(await batchRows(context)), ...(await singleRows(context))],
    notes: [`events of ${eventBytes} bytes; the load generator runs on the same two cores`],
  }),
}

async function batchRows(context: ScenarioContext): Promise<ScenarioRow[]> {
  await using millrace = await startMillrace(context, await context.folder())
  await millrace.client.buses.put('bench', {})
  const body = `[${Array.from({ length: eventsPerRequest }, () => eventText(eventBytes)).join(',')}]`
  const folder = await context.folder()
  const loops: number[] = []
  const rates: number[] = []
  for (let round = 0; round < rounds; round++) {
    context.log(`100 events a request, round ${round + 1} of ${rounds}`)
    const durationMs = context.quick ? 200 : 4_000
    loops.push(
      (await appendLoop(folder, { eventBytes, eventsPerSync: eventsPerRequest, durationMs })).eventsPerSecond,
    )
    const measured = await publish(
      context,
      millrace,
      'application/cloudevents-batch+json',
      body,
      8,
      durationMs,
      round,
    )
    rates.push(measured.requestsPerSecond * eventsPerRequest)
  }
  const loop = median(loops)
  const rate = median(rates)
  return [
    { label: 'bare loop, fdatasync per 100 events', value: loop, unit: 'events/s' },
    {
      label: '100 events a request, 8 connections',
      value: rate,
      unit: 'events/s',
      ratio: rate / loop,
      goal: '≥ 0.5',
      met: rate / loop >= 0.5,
    },
  ]
}

async function singleRows(context: ScenarioContext): Promise<ScenarioRow[]> {
  await using millrace = await startMillrace(context, await context.folder())
  await millrace.client.buses.put('bench', {})
  await using bare = await context.startServer({
    command: process.execPath,
    args: [fileURLToPath(new URL('bare-server.ts', import.meta.url)), await context.folder()],
    ready: { line: /listening on (\d+)/ },
  })
  const bareRates: number[] = []
  const rates: number[] = []
  let last: LoadResult | undefined
  for (let round = 0; round < rounds; round++) {
    context.log(`one event a request, round ${round + 1} of ${rounds}`)
    const durationMs = context.quick ? 200 : 4_000
    const request = {
      method: 'POST',
      path: '/',
      headers: { 'content-type': 'application/json' },
      body: eventText(eventBytes),
    }
    const port = Number(bare.readyMatch[1])
    const sequenceStart = round * 10_000_000
    const measured = await context.load({
      host: '127.0.0.1',
      port,
      requests: [request],
      connections,
      durationMs,
      warmupRequests: 5_000,
      sequenceStart,
    })
    bareRates.push(measured.requestsPerSecond)
    last = await publish(
      context,
      millrace,
      'application/cloudevents+json',
      eventText(eventBytes),
      connections,
      durationMs,
      round,
    )
    rates.push(last.requestsPerSecond)
  }
  const bareRate = median(bareRates)
  const rate = median(rates)
  return [
    { label: `bare node:http + group commit, ${connections} connections`, value: bareRate, unit: 'events/s' },
    {
      label: `one event a request, ${connections} connections`,
      value: rate,
      unit: 'events/s',
      ratio: rate / bareRate,
      goal: '≥ 0.7',
      met: rate / bareRate >= 0.7,
    },
    { label: '  p50', value: last?.latencyMs.p50 ?? 0, unit: 'ms' },
    { label: '  p99', value: last?.latencyMs.p99 ?? 0, unit: 'ms' },
  ]
}

async function publish(
  context: ScenarioContext,
  millrace: Millrace,
  contentType: string,
  body: string,
  parallel: number,
  durationMs: number,
  round: number,
): Promise<LoadResult> {
  const headers = { 'content-type': contentType, authorization: `Bearer ${millrace.token}` }
  const measured = await context.load({
    host: '127.0.0.1',
    port: millrace.port,
    requests: [{ method: 'POST', path: '/api/v1/buses/bench/events', headers, body }],
    connections: parallel,
    durationMs,
    warmupRequests: parallel === 8 ? 300 : 5_000,
    sequenceStart: round * 100_000_000,
  })
  const answered = measured.statuses['200'] ?? 0
  const total = Object.values(measured.statuses).reduce((sum, count) => sum + count, 0)
  if (answered !== total)
    throw new Error(`not every request was accepted: ${JSON.stringify(measured.statuses)}`)
  return measured
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0
}
