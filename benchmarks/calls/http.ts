import { fileURLToPath } from 'node:url'
import { startMillrace } from '../millrace.ts'
import type { ScenarioContext, ScenarioRow } from '../scenario.ts'
import { median } from './median.ts'

const connections = 32
const rounds = 3
const body = 'a'.repeat(1_024)

/** Calls over HTTP beside a bare node:http server that echoes. */
export async function httpRows(context: ScenarioContext): Promise<ScenarioRow[]> {
  await using millrace = await startMillrace(context, await context.folder())
  const code = await millrace.client.uploadCode(
    new Map([['index.mjs', Buffer.from('export const handler = async event => event')]]),
  )
  await millrace.client.functions.put('echo', { code, concurrencyPerInstance: connections })
  await using bare = await context.startServer({
    command: process.execPath,
    args: [fileURLToPath(new URL('bare-http.ts', import.meta.url))],
    ready: { line: /listening on (\d+)/ },
  })
  const bareRates: number[] = []
  const rates: number[] = []
  for (let round = 0; round < rounds; round++) {
    context.log(`over HTTP, round ${round + 1} of ${rounds}`)
    bareRates.push(await rate(context, Number(bare.readyMatch[1]), '/', {}))
    const headers = { authorization: `Bearer ${millrace.token}` }
    rates.push(await rate(context, millrace.port, '/api/v1/functions/echo/invocations', headers))
  }
  const [bareRate, called] = [median(bareRates), median(rates)]
  return [
    { label: `bare node:http echo, ${connections} connections`, value: bareRate, unit: 'calls/s' },
    {
      label: `calls over HTTP, ${connections} connections`,
      value: called,
      unit: 'calls/s',
      ratio: called / bareRate,
      goal: '≥ 0.6',
      met: called / bareRate >= 0.6,
    },
  ]
}

async function rate(
  context: ScenarioContext,
  port: number,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<number> {
  const measured = await context.load({
    host: '127.0.0.1',
    port,
    requests: [
      { method: 'POST', path, headers: { 'content-type': 'application/octet-stream', ...headers }, body },
    ],
    connections,
    durationMs: context.quick ? 200 : 4_000,
    warmupRequests: 5_000,
  })
  const total = Object.values(measured.statuses).reduce((sum, count) => sum + count, 0)
  if (measured.statuses['200'] !== total)
    throw new Error(`not all calls succeeded: ${JSON.stringify(measured.statuses)}`)
  return measured.requestsPerSecond
}
