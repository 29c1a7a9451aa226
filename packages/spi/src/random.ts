import { randomFillSync } from 'node:crypto'
import type { Clock, Random } from './clock.ts'

const chanceBytes = 10
/** Chance is drawn for so many ids at once: a draw costs more than the rest of an id. */
const idsPerDraw = 256

/** Process randomness; ids are 12 hex digits of time and 20 of chance, so they sort by age. */
export function systemRandom(clock: Clock): Random {
  const drawn = Buffer.alloc(chanceBytes * idsPerDraw)
  let next = drawn.length
  const chance = (): string => {
    if (next === drawn.length) {
      randomFillSync(drawn)
      next = 0
    }
    next += chanceBytes
    return drawn.toString('hex', next - chanceBytes, next)
  }
  return {
    next: () => Math.random(),
    id: () => clock.nowMs().toString(16).padStart(12, '0') + chance(),
  }
}
