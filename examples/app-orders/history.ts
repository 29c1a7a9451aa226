import { setTimeout as pause } from 'node:timers/promises'
import type { Client } from '@millrace/sdk'
import { chart } from './chart.ts'

const lookEveryMs = 200
/** Over which orders are counted, and the slowest is taken. */
const spanMs = 500

export interface Look {
  readonly atMs: number
  readonly instances: number
}

/** Looks at the instances of a function until it is over. */
export class Watch implements AsyncDisposable {
  readonly #over = new AbortController()
  readonly #looks: Promise<Look[]>

  private constructor(client: Client, name: string) {
    this.#looks = lookAgain(client, name, this.#over.signal)
    // `end` tells of a failure, unless the run has failed before.
    this.#looks.catch(() => {})
  }

  static start(client: Client, name: string): Watch {
    return new Watch(client, name)
  }

  /** Looks once more, and resolves with all that was seen. */
  end(): Promise<Look[]> {
    this.#over.abort()
    return this.#looks
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort()
    await Promise.allSettled([this.#looks])
  }
}

async function lookAgain(client: Client, name: string, signal: AbortSignal): Promise<Look[]> {
  const looks: Look[] = []
  for (;;) {
    const { instances } = await client.functionStatus(name)
    const serving = instances.filter(({ state }) => state === 'idle' || state === 'busy')
    looks.push({ atMs: Date.now(), instances: serving.length })
    if (signal.aborted) return looks
    await pause(lookEveryMs, undefined, { signal }).catch(() => {})
  }
}

/** When an order was placed and when it was cleaned. */
export interface Way {
  readonly placedAtMs: number
  readonly endedAtMs: number
}

/** Load, instances and latency over time. */
export function picture(placedAtMs: readonly number[], looks: readonly Look[], ways: readonly Way[]): string {
  const fromMs = Math.min(...placedAtMs)
  const untilMs = (looks.at(-1)?.atMs ?? fromMs) - fromMs
  const spans = Array.from({ length: Math.floor(untilMs / spanMs) }, (_, index) => {
    const startMs = fromMs + index * spanMs
    const isIn = (atMs: number): boolean => atMs >= startMs && atMs < startMs + spanMs
    return {
      atMs: (index + 0.5) * spanMs,
      orders: placedAtMs.filter(isIn).length,
      latencies: ways.filter(({ placedAtMs: atMs }) => isIn(atMs)).map(latencyMs),
    }
  })
  const load = spans.map(({ atMs, orders }) => ({ atMs, value: (orders * 1_000) / spanMs }))
  const instances = looks
    .filter(({ atMs }) => atMs >= fromMs)
    .map(look => ({ atMs: look.atMs - fromMs, value: look.instances }))
  const slowest = spans
    .filter(({ latencies }) => latencies.length > 0)
    .map(({ atMs, latencies }) => ({ atMs, value: Math.max(...latencies) }))
  return chart(
    [
      { title: 'orders placed per second', color: '#2563eb', points: load },
      { title: 'instances of the function', color: '#16a34a', points: instances },
      { title: 'slowest order, from placed to cleaned, ms', color: '#dc2626', points: slowest },
    ],
    untilMs,
  )
}

/** The values at which a line turns, its first and last included; it turns when it comes back by `least` at least. */
export function swings(values: readonly number[], least: number): number[] {
  const turns = values.slice(0, 1)
  let [extreme = 0] = values
  let isUp = true
  for (const value of values) {
    const backBy = isUp ? extreme - value : value - extreme
    if (backBy >= least) {
      turns.push(extreme)
      isUp = !isUp
      extreme = value
    } else if (backBy < 0) extreme = value
  }
  return [...turns, extreme]
}

/** The latency that so many in a hundred orders are below, in milliseconds. */
export function percentile(ways: readonly Way[], percent: number): number {
  const sorted = ways.map(latencyMs).toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? 0
}

function latencyMs({ placedAtMs, endedAtMs }: Way): number {
  return endedAtMs - placedAtMs
}
