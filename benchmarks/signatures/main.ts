import { hash } from 'node:crypto'
import { setImmediate as breathe } from 'node:timers/promises'
import { Histogram } from '../harness/index.ts'
import type { Scenario, ScenarioRow } from '../scenario.ts'
import { createJudges, type Judge } from './judges.ts'
import { bodyOf } from './requests.ts'

const bodyBytes = 10 * 1_024
const goalMicros = 40
/** Requests are signed in lots, outside of what is measured: a nonce counts once. */
const lotSize = 1_000

/** What it costs to know who sent a request, and that nobody altered it. */
export const scenario: Scenario = {
  name: 'signatures',
  title: 'Checking signatures',
  compared: `Each scheme of the compatible interfaces, for a request of ${bodyBytes / 1_024} KiB as its clients sign it.`,
  goal: `p50 < ${goalMicros} µs each`,
  run: async context => {
    const lots = context.quick ? 1 : 20
    const body = bodyOf(bodyBytes)
    const rows: ScenarioRow[] = hashRows(body)
    for (const judge of createJudges()) {
      context.log(judge.name)
      // The first lots are for the compiler.
      await measure(judge, body, Math.ceil(lots / 4))
      const { p50, p99 } = (await measure(judge, body, lots)).summary(1_000)
      rows.push(
        { label: judge.name, value: p50, unit: 'µs', goal: `< ${goalMicros} µs`, met: p50 < goalMicros },
        { label: '  p99', value: p99, unit: 'µs' },
      )
    }
    return { rows, notes: ['every request has a nonce of its own, where its scheme has one'] }
  },
}

/** What the hash of such a body alone costs, to see the figures in proportion. */
function hashRows(body: Buffer): ScenarioRow[] {
  return ['sha256', 'md5'].map(algorithm => {
    const taken = new Histogram()
    for (let count = 0; count < lotSize; count++) timed(taken, () => hash(algorithm, body))
    return { label: `${algorithm} of the body alone, p50`, value: taken.percentile(50) / 1_000, unit: 'µs' }
  })
}

async function measure(judge: Judge, body: Buffer, lots: number): Promise<Histogram> {
  const taken = new Histogram()
  for (let lot = 0; lot < lots; lot++) {
    const requests = Array.from({ length: lotSize }, () => judge.sign(Date.now(), body))
    await breathe()
    for (const request of requests) {
      if (!timed(taken, () => judge.accepts(request)))
        throw new Error(`${judge.name}: a right request was refused`)
    }
  }
  return taken
}

/** Records nanoseconds. */
function timed<Result>(taken: Histogram, act: () => Result): Result {
  const from = process.hrtime.bigint()
  const result = act()
  taken.record(Number(process.hrtime.bigint() - from))
  return result
}
