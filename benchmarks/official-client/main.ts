import { fileURLToPath } from 'node:url'
import { type Millrace, startMillrace } from '../millrace.ts'
import type { Scenario, ScenarioContext, ScenarioRow } from '../scenario.ts'
import { busName } from './producers.ts'
import type { ProducerOrder, ProducerResult } from './producer-process.ts'

const rateRatioGoal = 0.8
const requestsInFlight = 32
/** One event, and as many as the compatible interface takes. */
const batches = [1, 16]
/** Each side is measured so often, in turn, and the median counts: the machine changes its speed in between. */
const rounds = 3
/** Far above what a run publishes, so that no run repeats the ids of another. */
const eventsPerRunMax = 10_000_000
const program = fileURLToPath(new URL('producer-process.ts', import.meta.url))

const kinds = ['own', 'signed', 'official'] as const

/** What signing and the compatible interface cost those who publish. */
export const scenario: Scenario = {
  name: 'official-client',
  title: 'Publishing through the compatible interface',
  compared: `The own API with a bearer key, signed requests by the same plain client, and @alicloud/eventbridge; ${requestsInFlight} requests in flight, the same events.`,
  goal: `signed requests at least ${rateRatioGoal} × the rate of the own API`,
  run: async context => {
    await using millrace = await startMillrace(context, await context.folder())
    await millrace.client.buses.put(busName, {})
    const { account } = await millrace.client.caller()
    // By this interface a bus takes 3,000 a second, unless it is told otherwise.
    await millrace.client.quotas.set(account, 'events-per-second-per-bus', 1_000_000)
    const rows: ScenarioRow[] = []
    for (const eventsPerRequest of batches) rows.push(...(await compare(context, millrace, eventsPerRequest)))
    return {
      rows,
      notes: [
        'events of about 400 bytes; each client is one process on the same two cores as the server',
        'the official client uses more processor time than the server does: its own rate says more of it than of the server',
        'processor time is that of the whole process, and does not depend on who waits for whom',
      ],
    }
  },
}

/** They take turns. */
async function compare(
  context: ScenarioContext,
  millrace: Millrace,
  eventsPerRequest: number,
): Promise<ScenarioRow[]> {
  const found: Record<ProducerOrder['kind'], ProducerResult[]> = { own: [], signed: [], official: [] }
  for (let round = 0; round < rounds; round++) {
    context.log(`${eventsPerRequest} events a request, round ${round + 1} of ${rounds}`)
    for (const kind of kinds) {
      found[kind].push(await publish(context, millrace, { kind, eventsPerRequest, round }))
    }
  }
  const middle = (kind: ProducerOrder['kind'], member: keyof ProducerResult): number =>
    median(found[kind].map(result => result[member]))
  const size = `${eventsPerRequest} a request`
  const own = middle('own', 'eventsPerSecond')
  const signed = middle('signed', 'eventsPerSecond')
  const official = middle('official', 'eventsPerSecond')
  const times = kinds.flatMap((kind): ScenarioRow[] => [
    {
      label: `  ${kind}: server`,
      value: middle(kind, 'serverMicros'),
      unit: 'µs/event',
      ratio: middle(kind, 'serverMicros') / middle('own', 'serverMicros'),
    },
    { label: `  ${kind}: client`, value: middle(kind, 'clientMicros'), unit: 'µs/event' },
  ])
  return [
    { label: `own API, ${size}`, value: own, unit: 'events/s' },
    {
      label: `signed, ${size}`,
      value: signed,
      unit: 'events/s',
      ratio: signed / own,
      goal: `≥ ${rateRatioGoal} × the own API`,
      met: signed / own >= rateRatioGoal,
    },
    { label: `official client, ${size}`, value: official, unit: 'events/s', ratio: official / own },
    ...times,
  ]
}

async function publish(
  context: ScenarioContext,
  millrace: Millrace,
  {
    kind,
    eventsPerRequest,
    round,
  }: Pick<ProducerOrder, 'kind' | 'eventsPerRequest'> & { readonly round: number },
): Promise<ProducerResult> {
  const [accessKeyId = '', accessKeySecret = ''] = millrace.token.split('.')
  const order: ProducerOrder = {
    kind,
    port: millrace.port,
    accessKeyId,
    accessKeySecret,
    processId: millrace.server.pid,
    eventsPerRequest,
    requestsInFlight,
    warmupRequests: context.quick ? 100 : 2_000,
    durationMs: context.quick ? 300 : 3_000,
    sequenceStart:
      ((eventsPerRequest * rounds + round) * kinds.length + kinds.indexOf(kind)) * eventsPerRunMax,
  }
  await using producer = await context.startServer({
    command: process.execPath,
    args: [program, JSON.stringify(order)],
    ready: { line: /^result (\{.*\})$/m },
    readyWithinMs: 60_000,
  })
  return JSON.parse(producer.readyMatch[1] ?? '') as ProducerResult
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0
}
