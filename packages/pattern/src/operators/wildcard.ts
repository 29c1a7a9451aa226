import type { Condition, JsonNode, WildcardPieces } from '../language/index.ts'
import { patternLimits } from '../limits.ts'
import type { Place } from './place.ts'

/** `{"wildcard": "a*b"}`: `*` stands for any characters, none included; `\*` and `\\` for the characters themselves. */
export function parseWildcard(node: JsonNode, place: Place): Condition {
  return { kind: 'wildcard', pieces: parsePieces(place.string(node, 'wildcard'), place) }
}

/** Whether the pieces stand in the text in order, the first at its start and the last at its end. */
export function wildcardHolds(pieces: WildcardPieces, text: string): boolean {
  const first = pieces[0] ?? ''
  if (pieces.length === 1) return text === first
  const last = pieces[pieces.length - 1] ?? ''
  const end = text.length - last.length
  if (end < first.length || !text.startsWith(first) || !text.endsWith(last)) return false
  // The leftmost place for every piece leaves the most room for the next, so no other place need be tried.
  let position = first.length
  for (let index = 1; index < pieces.length - 1; index += 1) {
    const piece = pieces[index] ?? ''
    const found = text.indexOf(piece, position)
    if (found === -1 || found + piece.length > end) return false
    position = found + piece.length
  }
  return true
}

function parsePieces(text: string, place: Place): WildcardPieces {
  const pieces: string[] = []
  let piece = ''
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index)
    const next = text.charAt(index + 1)
    if (character === '\\') {
      if (next !== '*' && next !== '\\') {
        place.fail(
          'pattern.invalid-wildcard',
          `the backslash at ${index} is followed by neither "*" nor a backslash`,
        )
      }
      piece += next
      index += 1
    } else if (character === '*') {
      if (next === '*') place.fail('pattern.invalid-wildcard', `two "*" in a row at ${index}`)
      pieces.push(piece)
      piece = ''
    } else {
      piece += character
    }
  }
  pieces.push(piece)
  checkComplexity(pieces, place)
  return pieces
}

/**
 * The states that an automaton can be in at once grow with the stars, and multiply where several stars wait for the same
 * character. Such patterns hardly ever say what their author means, so they are refused.
 */
function checkComplexity(pieces: WildcardPieces, place: Place): void {
  const stars = pieces.length - 1
  if (stars > patternLimits.wildcardStarsMax) {
    place.fail(
      'pattern.wildcard-too-complex',
      `${stars} "*", at most ${patternLimits.wildcardStarsMax} are allowed`,
    )
  }
  const waiting = new Map<string, number>()
  for (const piece of pieces.slice(1)) {
    const character = piece.charAt(0)
    const count = (waiting.get(character) ?? 0) + 1
    waiting.set(character, count)
    if (character !== '' && count > patternLimits.wildcardRepeatsMax) {
      const reason = `${count} "*" stand before ${JSON.stringify(character)}, at most ${patternLimits.wildcardRepeatsMax} may`
      place.fail('pattern.wildcard-too-complex', reason)
    }
  }
}
