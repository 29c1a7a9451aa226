import type { Clock, Leases, PluginLog } from '@millrace/spi'
import { sleep } from '@millrace/spi'

export interface LeaseParts {
  readonly leases: Leases
  /** Who holds it: the node. */
  readonly owner: string
  readonly leaseMs: number
  readonly clock: Clock
  readonly log: PluginLog
}

/** So often a lease is renewed, or asked for again, while it lasts. */
const turnsPerLease = 3

/** Waits until the lease is had, telling when it has to. Rejects with the reason of the signal. */
export async function acquire(
  name: string,
  parts: LeaseParts,
  onWait: () => void,
  signal: AbortSignal,
): Promise<void> {
  const { clock, leaseMs } = parts
  while (!(await tryAcquire(name, parts))) {
    onWait()
    await sleep(clock, leaseMs / turnsPerLease, signal)
  }
  signal.throwIfAborted()
}

/** Renews it until the signal aborts; resolves with `lost` when another has it, or it has run out meanwhile. */
export async function keep(
  name: string,
  parts: LeaseParts,
  signal: AbortSignal,
): Promise<'lost' | 'released'> {
  const { clock, leaseMs } = parts
  let renewedAtMs = clock.nowMs()
  while (!signal.aborted) {
    await sleep(clock, leaseMs / turnsPerLease, signal).catch(() => {})
    if (signal.aborted) return 'released'
    const beganAtMs = clock.nowMs()
    const isHeld = await tryAcquire(name, parts)
    if (isHeld === true) renewedAtMs = beganAtMs
    else if (isHeld === false || clock.nowMs() - renewedAtMs >= leaseMs) return 'lost'
  }
  return 'released'
}

/** A failure to give it back matters to nobody: it runs out. */
export async function release(name: string, { leases, owner }: LeaseParts): Promise<void> {
  await leases.release(name, owner).catch(() => {})
}

/** `undefined` when the storage cannot tell. */
async function tryAcquire(
  name: string,
  { leases, owner, leaseMs, log }: LeaseParts,
): Promise<boolean | undefined> {
  try {
    return await leases.acquire(name, owner, leaseMs)
  } catch (error) {
    log.warn('a lease could not be asked for; it will be asked for again', { lease: name, error })
    return undefined
  }
}
