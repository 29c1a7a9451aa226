import { randomBytes } from 'node:crypto'
import type { Clock, Random } from './clock.ts'

/** Process randomness; ids are 12 hex digits of time and 20 of chance, so they sort by age. */
export function systemRandom(clock: Clock): Random {
  return {
    next: () => Math.random(),
    id: () => clock.nowMs().toString(16).padStart(12, '0') + randomBytes(10).toString('hex'),
  }
}
