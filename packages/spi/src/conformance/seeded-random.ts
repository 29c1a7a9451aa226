import type { Random } from '../clock.ts'

/**
 * Chance that repeats: the same seed yields the same numbers and ids for ever (mulberry32, a 32-bit generator of
 * public domain; good enough to spread schedules, never for secrets). Ids are unique within one generator.
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  let ids = 0
  const nextWord = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let word = Math.imul(state ^ (state >>> 15), state | 1)
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61)
    return (word ^ (word >>> 14)) >>> 0
  }
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0')
  return {
    next: () => nextWord() / 4_294_967_296,
    id: () => hex(++ids, 12) + hex(nextWord(), 8) + hex(nextWord(), 8) + hex(nextWord() >>> 16, 4),
  }
}
