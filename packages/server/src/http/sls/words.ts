/** What stands between words, where an index says nothing else. */
const separators = /[\s,'";=()[\]{}?@&<>/:|]+/

/** Words to look for, in lower case. */
export interface Words {
  readonly words: readonly string[]
  /** The last word is the beginning of one. */
  readonly isPrefix: boolean
}

/** The words of a text; with `mayBePrefix` a star at its end stands for any ending. */
export function wordsOf(text: string, mayBePrefix: boolean): Words {
  const isPrefix = mayBePrefix && text.length > 1 && text.endsWith('*')
  return { words: split(isPrefix ? text.slice(0, -1) : text), isPrefix }
}

/** Whether the words stand in the text, one after the other, whatever the case of their letters. No words stand in every text. */
export function hasWords(text: string, { words, isPrefix }: Words): boolean {
  const [first] = words
  if (first === undefined) return true
  const lower = text.toLowerCase()
  // Most texts do not even hold the letters.
  if (!lower.includes(first)) return false
  const found = split(lower)
  const last = words.length - 1
  for (let start = 0; start + last < found.length; start++) {
    const isHere = words.every((word, i) => {
      const seen = found[start + i]!
      return isPrefix && i === last ? seen.startsWith(word) : seen === word
    })
    if (isHere) return true
  }
  return false
}

function split(text: string): string[] {
  return text
    .toLowerCase()
    .split(separators)
    .filter(word => word !== '')
}
