import { invalidTransform } from './errors.ts'
import { transformTextMax } from './transform.ts'

/** Refuses a text of more than {@link transformTextMax} characters; a surrogate pair is one character. */
export function checkLength(place: string, text: string): void {
  if (text.length <= transformTextMax) return
  const length = Array.from(text).length
  if (length <= transformTextMax) return
  throw invalidTransform(place, `at most ${transformTextMax} characters are allowed, and this has ${length}`)
}
