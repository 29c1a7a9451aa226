import type { Random } from '@millrace/spi'
import { pauseMsMin } from './limits.ts'

/** The pause after so many failures in a row: 1 s, doubled up to the most, at random within its upper half. Pure. */
export function growingPauseMs(failures: number, pauseMsMax: number, random: Random): number {
  const ceiling = Math.min(pauseMsMax, pauseMsMin * 2 ** Math.min(failures - 1, 20))
  return Math.ceil(ceiling / 2 + (random.next() * ceiling) / 2)
}
