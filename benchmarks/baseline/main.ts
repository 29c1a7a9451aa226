import { fileURLToPath } from 'node:url'
import type { Scenario, ScenarioContext, ScenarioRow } from '../scenario.ts'
import { appendLoop } from './append-loop.ts'

const eventBytes = 400
const event = JSON.stringify({ id: '{sequence}', data: '' })
const request = {
  method: 'POST',
  path: '/',
  headers: { 'content-type': 'application/json' },
  // The mark is 10 characters, the number it becomes 12.
  body: event.replace('""', JSON.stringify('x'.repeat(eventBytes - event.length - 2))),
}

/** The figures that all others stand beside: what this machine does without Millrace. */
export const scenario: Scenario = {
  name: 'baseline',
  title: 'The machine without Millrace',
  compared: 'A bare node:http server and a bare append-and-fdatasync loop, 400 bytes an event.',
  goal: 'none',
  run: async context => ({
    rows: [...(await appendRows(context)), ...(await serverRows(context))],
    notes: [
      'open-loop latency counts from when a request was due; the timer of the generator adds up to 1 ms',
      'a generator busy for nearly the whole time would be the bottleneck',
    ],
  }),
}

async function appendRows(context: ScenarioContext): Promise<ScenarioRow[]> {
  const rows: ScenarioRow[] = []
  const folder = await context.folder()
  for (const eventsPerSync of [1, 100, 500]) {
    context.log(`append and fdatasync, ${eventsPerSync} events each`)
    const figures = await appendLoop(folder, {
      eventBytes,
      eventsPerSync,
      durationMs: context.quick ? 50 : 3_000,
    })
    rows.push({
      label: `append, fdatasync per ${eventsPerSync}`,
      value: figures.eventsPerSecond,
      unit: 'events/s',
    })
  }
  return rows
}

async function serverRows(context: ScenarioContext): Promise<ScenarioRow[]> {
  await using server = await context.startServer({
    command: process.execPath,
    args: [fileURLToPath(new URL('bare-server.ts', import.meta.url))],
    ready: { line: /listening on (\d+)/ },
  })
  const target = {
    host: '127.0.0.1',
    port: Number(server.readyMatch[1]),
    requests: [request],
    connections: 64,
  }
  const durationMs = context.quick ? 100 : 5_000
  context.log('node:http, closed loop, 64 connections')
  const closed = await context.load({ ...target, durationMs, warmupRequests: context.quick ? 100 : 20_000 })
  context.log('node:http, open loop, 1,000 requests a second')
  const open = await context.load({ ...target, durationMs, warmupRequests: 100, ratePerSecond: 1_000 })
  return [
    { label: 'node:http, closed loop, 64 connections', value: closed.requestsPerSecond, unit: 'requests/s' },
    { label: '  p50', value: closed.latencyMs.p50, unit: 'ms' },
    { label: '  p99', value: closed.latencyMs.p99, unit: 'ms' },
    {
      label: '  generator busy',
      value: (100 * closed.generatorSeconds) / closed.seconds,
      unit: '% of one core',
    },
    { label: 'node:http, open loop, 1,000/s', value: open.requestsPerSecond, unit: 'requests/s' },
    { label: '  p50', value: open.latencyMs.p50, unit: 'ms' },
    { label: '  p99', value: open.latencyMs.p99, unit: 'ms' },
    { label: 'node:http, ready after', value: server.readyMs, unit: 'ms' },
    { label: 'node:http, resident', value: server.residentBytes() / 1024 ** 2, unit: 'MiB' },
  ]
}
