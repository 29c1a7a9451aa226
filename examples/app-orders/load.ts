import { setTimeout as pause } from 'node:timers/promises'

/** Orders per second go evenly to `perSecond` within this time. */
interface Phase {
  readonly forMs: number
  readonly perSecond: number
}

/** A peak, a trough, a higher peak, and a trough. */
export const dayOfSale: readonly Phase[] = [
  { forMs: 2_000, perSecond: 3 },
  { forMs: 2_500, perSecond: 35 },
  { forMs: 1_500, perSecond: 35 },
  { forMs: 2_000, perSecond: 3 },
  { forMs: 4_000, perSecond: 3 },
  { forMs: 2_000, perSecond: 50 },
  { forMs: 2_000, perSecond: 50 },
  { forMs: 2_000, perSecond: 3 },
  { forMs: 3_000, perSecond: 3 },
]

/** How long a load lasts, in milliseconds. */
export function lasts(load: readonly Phase[]): number {
  return load.reduce((sum, { forMs }) => sum + forMs, 0)
}

/** How many orders there are up to this time. */
export function ordersUntil(load: readonly Phase[], atMs: number): number {
  let orders = 0
  let leftMs = atMs
  let from = load[0]?.perSecond ?? 0
  for (const { forMs, perSecond } of load) {
    const spentMs = Math.min(leftMs, forMs)
    if (spentMs <= 0) break
    const to = from + (perSecond - from) * (spentMs / forMs)
    orders += ((from + to) / 2) * (spentMs / 1_000)
    leftMs -= spentMs
    from = perSecond
  }
  return Math.floor(orders)
}

/** How often orders are placed, in milliseconds. */
const tickMs = 40

/** Places orders as the load has it, the n-th at its time, however long placing takes. */
export async function place(
  load: readonly Phase[],
  order: (from: number, to: number) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const startedAtMs = performance.now()
  for (let placed = 0; ; ) {
    const atMs = performance.now() - startedAtMs
    const due = ordersUntil(load, atMs)
    if (due > placed) await order(placed, due)
    placed = due
    if (atMs >= lasts(load)) return
    await pause(tickMs, undefined, { signal })
  }
}
