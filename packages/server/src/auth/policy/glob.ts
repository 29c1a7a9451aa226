/** Whether a text fits a pattern. */
export type Fits = (text: string) => boolean

/**
 * `*` is any run of characters, the empty one included, `?` is one character; there are no escapes (identity section 2.2).
 * Most patterns are a plain text or a beginning, and are compared as such.
 */
export function compileGlob(pattern: string): Fits {
  const star = pattern.indexOf('*')
  const isPlain = !pattern.includes('?')
  if (isPlain && star < 0) return text => text === pattern
  if (isPlain && star === pattern.length - 1) {
    const beginning = pattern.slice(0, -1)
    return beginning === '' ? () => true : text => text.startsWith(beginning)
  }
  return text => isMatch(pattern, text)
}

/** Two pointers; a mismatch goes back to the last `*` alone, so the time is at most the product of the two lengths. */
function isMatch(pattern: string, text: string): boolean {
  let place = 0
  let index = 0
  let star = -1
  let resume = 0
  while (index < text.length) {
    const wanted = pattern[place]
    if (wanted === '*') {
      star = place++
      resume = index
    } else if (wanted !== undefined && (wanted === '?' || wanted === text[index])) {
      place++
      index++
    } else if (star >= 0) {
      place = star + 1
      index = ++resume
    } else return false
  }
  while (pattern[place] === '*') place++
  return place === pattern.length
}
