import { Agent, request } from 'node:http'
import { startMillrace } from '../millrace.ts'
import { claimed } from './claimed.ts'
import type { Scenario, ScenarioRow } from '../scenario.ts'
import { type Claimed, refusals, type RefusedRequest } from './refusals.ts'

/** How far the medians may be apart, either way: rounds of the same pair are about as far apart on a busy machine. */
const ratioOffMax = 0.1

/** Whether a refusal takes longer when what it names exists: an existing key with a wrong secret beside one that does not exist. */
export const scenario: Scenario = {
  name: 'identity-timing',
  title: 'Time of refusals',
  compared:
    'A key that exists, with a wrong secret, beside one that does not exist; and a session, with a wrong secret, beside one whose role is gone. Median of the one divided by that of the other.',
  goal: `1 ± ${ratioOffMax} each`,
  run: async context => {
    await using millrace = await startMillrace(context, await context.folder())
    const url = `http://127.0.0.1:${millrace.port}`
    const { existing, missing, session, ended, altered } = await claimed(url, millrace.token)
    using wire = new Wire(url)
    const rounds = context.quick ? 2 : 12
    const rows: ScenarioRow[] = []
    const measure = async (label: string, one: Probe, other: Probe, isGoal: boolean): Promise<void> => {
      context.log(label)
      const ratios: number[] = []
      let median = 0
      for (let round = 0; round <= rounds; round++) {
        context.signal.throwIfAborted()
        const [first, second] = await mediansOf(wire, one, other, context.quick ? 50 : 400)
        // The first round is for the compiler.
        if (round === 0) continue
        ratios.push(first / second)
        median = first
      }
      rows.push(...ratioRows(label, ratios, median, isGoal))
    }
    for (const refusal of refusals) {
      const of = (claimed: Claimed) => () => refusal.request(claimed)
      await measure(refusal.name, of(existing), of(missing), true)
      await measure(`${refusal.name}, sessions`, of(session), of(ended), true)
    }
    const [first] = refusals
    if (first !== undefined) {
      const of = (claimedBy: Claimed) => () => first.request(claimedBy)
      await measure('an altered token beside one that is over', of(altered), of(ended), false)
      const again = () => first.request(missing)
      await measure('the same requests in two halves', again, again, false)
    }
    return {
      rows,
      notes: [
        `${rounds} rounds, each with the two in turn over one connection; a ratio is the median of the rounds, its spread the lowest and highest`,
        'measured from the first byte of the request to the last of the answer, in another process',
        'that a token was altered takes longer to find out than that it is over, and tells nothing that who altered it does not know',
        'the first use of a key after the server has started opens its secret, which takes some microseconds once, and is left out',
      ],
    }
  },
}

type Probe = () => RefusedRequest

function ratioRows(
  label: string,
  ratios: readonly number[],
  medianMs: number,
  isGoal: boolean,
): ScenarioRow[] {
  const sorted = ratios.toSorted((left, right) => left - right)
  const value = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  const goal = isGoal ? { goal: `1 ± ${ratioOffMax}`, met: Math.abs(value - 1) <= ratioOffMax } : {}
  return [
    { label, value, unit: '×', ...goal },
    { label: '  lowest round', value: sorted[0] ?? Number.NaN, unit: '×' },
    { label: '  highest round', value: sorted.at(-1) ?? Number.NaN, unit: '×' },
    { label: '  median of the first', value: medianMs, unit: 'ms' },
  ]
}

/** In turn, and who is first changes: what happens to the machine happens to both. */
async function mediansOf(wire: Wire, one: Probe, other: Probe, count: number): Promise<[number, number]> {
  const taken: [number[], number[]] = [[], []]
  for (let index = 0; index < count; index++) {
    const order = index % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)
    for (const side of order) taken[side].push(await wire.timed((side === 0 ? one : other)()))
  }
  return [medianOf(taken[0]), medianOf(taken[1])]
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** One connection to a server. */
class Wire implements Disposable {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })
  readonly #url: URL

  constructor(url: string) {
    this.#url = new URL(url)
  }

  /** Milliseconds until the whole answer was there, which must be a refusal. */
  timed({ method, path, headers, body }: RefusedRequest): Promise<number> {
    const { hostname, port } = this.#url
    const length = body.length === 0 ? {} : { 'content-length': String(body.length) }
    return new Promise((resolve, reject) => {
      const fromMs = performance.now()
      request(
        { agent: this.#agent, hostname, port, method, path, headers: { ...headers, ...length } },
        answer => {
          answer.resume().on('end', () => {
            if ((answer.statusCode ?? 0) >= 400) resolve(performance.now() - fromMs)
            else reject(new Error(`${method} ${path} was answered ${answer.statusCode}`))
          })
        },
      )
        .on('error', reject)
        .end(body)
    })
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }
}
