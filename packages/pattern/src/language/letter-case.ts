/**
 * Comparing without regard to letter case. A character of the pattern accepts its lower-case and its upper-case form (the
 * latter may be several characters: `ß` accepts `SS`), as Unicode maps them without a locale.
 */

/** Where `text` goes on after the pattern's characters, read forwards from `start`; -1 when they do not stand there. */
export function skipForwards(characters: readonly string[], text: string, start: number): number {
  let position = start
  for (const character of characters) {
    const form = forms(character).find(candidate => text.startsWith(candidate, position))
    if (form === undefined) return -1
    position += form.length
  }
  return position
}

/** Where the pattern's characters begin when they end at `end`, read backwards; -1 when they do not stand there. */
export function skipBackwards(characters: readonly string[], text: string, end: number): number {
  let position = end
  for (let index = characters.length - 1; index >= 0; index -= 1) {
    const current = position
    const form = forms(characters[index] ?? '').find(
      candidate => candidate.length <= current && text.endsWith(candidate, current),
    )
    if (form === undefined) return -1
    position -= form.length
  }
  return position
}

/**
 * A key under which a pattern and every text that it accepts are equal. Different patterns may share a key, so it serves to
 * look candidates up; the functions above decide.
 */
export function foldCase(text: string): string {
  if (/^[\x00-\x7f]*$/.test(text)) return text.toLowerCase()
  let folded = ''
  for (const character of text) folded += character.toUpperCase().toLowerCase()
  return folded
}

function forms(character: string): readonly string[] {
  return [character.toLowerCase(), character.toUpperCase()]
}
