import type { Delivery } from '@millrace/spi'

/** What is known of the attempts at a delivery; storage keeps it in the one number `Delivery.attempts`. */
export interface Tries {
  /** Failed attempts that count against the retries of the policy. */
  readonly failures: number
  /** Failed probes of an open circuit: they may have reached the target, and say nothing of this delivery. Counted up to 255. */
  readonly probes: number
  /** Attempts at which the target did not look at the record. Counted up to 4,095. */
  readonly unheard: number
  /** Retries are used up; what is left is the dead letter, so that nobody tries the target again after a restart. */
  readonly isDeadLetter: boolean
}

/** From the lowest bit on: 11 bits of failures (a policy has 1,000 retries at most), the mark, 12 bits, 8 bits. */
const failuresMax = 2 ** 11 - 1
const markUnit = 2 ** 11
const unheardUnit = 2 ** 12
const unheardMost = 2 ** 12 - 1
const probesUnit = 2 ** 24
const probesMost = 2 ** 8 - 1

export function packTries({ failures, probes, unheard, isDeadLetter }: Tries): number {
  return (
    Math.min(failures, failuresMax) +
    (isDeadLetter ? markUnit : 0) +
    Math.min(unheard, unheardMost) * unheardUnit +
    Math.min(probes, probesMost) * probesUnit
  )
}

export function unpackTries(attempts: number): Tries {
  return {
    failures: attempts % markUnit,
    isDeadLetter: Math.floor(attempts / markUnit) % 2 === 1,
    unheard: Math.floor(attempts / unheardUnit) % (unheardMost + 1),
    probes: Math.floor(attempts / probesUnit),
  }
}

/** Attempts that may have reached the target: what people are told, and what the next one's number follows. */
export function attemptsMade({ failures, probes }: Tries): number {
  return failures + probes
}

export function isDeadLetter(delivery: Delivery): boolean {
  return unpackTries(delivery.attempts).isDeadLetter
}
