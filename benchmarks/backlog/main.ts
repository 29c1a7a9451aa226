import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { eventText, freePort, type Millrace, startMillrace } from '../millrace.ts'
import { LatencyReceiver } from '../delivery/index.ts'
import type { Scenario, ScenarioContext, ScenarioResult } from '../scenario.ts'

const targets = 10
const backlogGoal = 1_000_000
const residentGoalMiB = 300
const resumeGoalMs = 5_000

/** What a long queue costs: memory while it waits, and time until it moves again after a restart. */
export const scenario: Scenario = {
  name: 'backlog',
  title: 'A backlog of a million deliveries',
  compared: `${targets} rules whose target is away; events of 400 bytes.`,
  goal: `below ${residentGoalMiB} MiB resident; the first delivery within ${resumeGoalMs / 1_000} s of a restart`,
  run,
}

async function run(context: ScenarioContext): Promise<ScenarioResult> {
  const folder = await context.folder()
  const backlog = context.quick ? 10_000 : backlogGoal
  const port = await freePort()
  const filled = await fill(context, folder, port, backlog)
  await using receiver = await LatencyReceiver.open(port)
  const beganAt = performance.now()
  await using millrace = await startMillrace(context, folder)
  const readyMs = millrace.server.readyMs
  await receiver.received(1, context.signal)
  const firstMs = performance.now() - beganAt
  context.log('draining for ten seconds')
  const before = receiver.deliveries
  await pause(context.quick ? 200 : 10_000, undefined, { signal: context.signal })
  const rate = ((receiver.deliveries - before) * 1_000) / (context.quick ? 200 : 10_000)
  const draining = millrace.server.residentBytes() / 1024 ** 2
  return {
    rows: [
      { label: 'pending deliveries', value: filled.pending, unit: 'deliveries' },
      {
        label: 'resident, waiting',
        value: filled.residentMiB,
        unit: 'MiB',
        goal: `< ${residentGoalMiB}`,
        met: filled.residentMiB < residentGoalMiB,
      },
      { label: '  of it anonymous (not the mapped file)', value: filled.anonymousMiB, unit: 'MiB' },
      { label: 'ready after the restart', value: readyMs, unit: 'ms' },
      {
        label: 'first delivery after the restart',
        value: firstMs,
        unit: 'ms',
        goal: `< ${resumeGoalMs}`,
        met: firstMs < resumeGoalMs,
      },
      { label: 'delivered while draining', value: rate, unit: 'deliveries/s' },
      { label: 'resident, draining', value: draining, unit: 'MiB' },
    ],
  }
}

interface Filled {
  readonly pending: number
  readonly residentMiB: number
  readonly anonymousMiB: number
}

async function fill(
  context: ScenarioContext,
  folder: string,
  port: number,
  backlog: number,
): Promise<Filled> {
  await using millrace = await startMillrace(context, folder)
  await millrace.client.buses.put('bench', {})
  for (let index = 0; index < targets; index++) {
    await millrace.client.rules('bench').put(`rule-${index}`, {
      pattern: { type: ['benchmark.event'] },
      targets: [
        {
          id: 'away',
          sink: { connector: 'http', options: { url: `http://127.0.0.1:${port}/` } },
          retry: { strategy: 'EXPONENTIAL_DECAY_RETRY' },
        },
      ],
    })
  }
  await publishAll(context, millrace, backlog / targets)
  let pending = 0
  while (pending < backlog) {
    await pause(250, undefined, { signal: context.signal })
    pending = await pendingOf(millrace)
  }
  await pause(context.quick ? 100 : 10_000, undefined, { signal: context.signal })
  const status = readFileSync(`/proc/${millrace.server.pid}/status`, 'utf8')
  const anonymousKiB = Number(/^RssAnon:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN)
  const filled = {
    pending,
    residentMiB: millrace.server.residentBytes() / 1024 ** 2,
    anonymousMiB: anonymousKiB / 1024,
  }
  await millrace.server.kill()
  return filled
}

async function publishAll(context: ScenarioContext, millrace: Millrace, events: number): Promise<void> {
  const body = `[${Array.from({ length: 100 }, () => eventText(400)).join(',')}]`
  context.log(`publishing ${events} events to ${targets} rules`)
  const measured = await context.load({
    host: '127.0.0.1',
    port: millrace.port,
    requests: [
      {
        method: 'POST',
        path: '/api/v1/buses/bench/events',
        headers: {
          'content-type': 'application/cloudevents-batch+json',
          authorization: `Bearer ${millrace.token}`,
        },
        body,
      },
    ],
    connections: 4,
    requestsMax: events / 100,
  })
  if (measured.statuses['200'] !== events / 100)
    throw new Error(`refused: ${JSON.stringify(measured.statuses)}`)
}

async function pendingOf({ client }: Millrace): Promise<number> {
  let pending = 0
  for (let index = 0; index < targets; index++) {
    const status = (await client.rules('bench').status(`rule-${index}`)) as { targets: { pending: number }[] }
    pending += status.targets.reduce((sum, target) => sum + target.pending, 0)
  }
  return pending
}
