import { Histogram } from '../harness/index.ts'
import { eventText, startMillrace } from '../millrace.ts'
import type { Scenario, ScenarioContext, ScenarioResult } from '../scenario.ts'
import { OpenLoopPublisher } from './publisher.ts'
import { LatencyReceiver } from './receiver.ts'

const ratePerSecond = 1_000
const goalMs = 25

/** How long an event takes from its producer to an HTTP target, at a steady rate. */
export const scenario: Scenario = {
  name: 'delivery',
  title: 'From publishing to an HTTP target',
  compared: `${ratePerSecond} events a second, one a request, fsync on, target on loopback; latency counts from when an event was due.`,
  goal: `p99 below ${goalMs} ms, nothing lost`,
  run,
}

async function run(context: ScenarioContext): Promise<ScenarioResult> {
  await using receiver = await LatencyReceiver.open()
  await using millrace = await startMillrace(context, await context.folder())
  await millrace.client.buses.put('bench', {})
  await millrace.client.rules('bench').put('all', {
    pattern: { type: ['benchmark.event'] },
    targets: [{ id: 'receiver', sink: { connector: 'http', options: { url: receiver.url } } }],
  })
  const publisher = new OpenLoopPublisher({
    port: millrace.port,
    path: '/api/v1/buses/bench/events',
    token: millrace.token,
    eventText: eventText(400),
  })
  context.log('warming up')
  await publisher.run(ratePerSecond, context.quick ? 500 : 5_000, context.signal)
  await receiver.received(publisher.sent, context.signal)
  context.log('measuring')
  const before = publisher.sent
  await publisher.run(ratePerSecond, context.quick ? 500 : 20_000, context.signal)
  await receiver.received(publisher.sent, context.signal)
  const latency = new Histogram()
  for (let sequence = before; sequence < publisher.sent; sequence++) {
    latency.record((receiver.arrivedAt(sequence) - publisher.dueAt(sequence)) * 1_000)
  }
  const { p50, p99, max } = latency.summary(1_000)
  const missing = publisher.sent - receiver.distinct
  return {
    rows: [
      { label: 'p50', value: p50, unit: 'ms' },
      { label: 'p99', value: p99, unit: 'ms', goal: `< ${goalMs} ms`, met: p99 < goalMs },
      { label: 'max', value: max, unit: 'ms' },
      { label: 'lost', value: missing, unit: 'events', goal: '0', met: missing === 0 },
      { label: 'delivered twice', value: receiver.deliveries - receiver.distinct, unit: 'events' },
    ],
  }
}
