/**
 * Whether a page shows what a command says: each line of the page is a line of the output, in this order. Lines may be left
 * out on the page; `…` stands for any text. Times, identifiers and durations, which differ in every run, are not looked at.
 * Returns the first line of the page that is missing.
 */
export function missingLine(shown: string, said: string): string | undefined {
  const lines = said.split('\n').map(masked)
  let from = 0
  for (const line of shown.split('\n')) {
    if (/^\s*…?\s*$/.test(line)) continue
    const wanted = patternOf(masked(line))
    const found = lines.findIndex((text, index) => index >= from && wanted.test(text))
    if (found === -1) return line
    from = found + 1
  }
  return undefined
}

const masks: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?/g, '<time>'],
  [/\b\d\d:\d\d:\d\d(?:\.\d+)?\b/g, '<time>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<id>'],
  [/\b[0-9a-f]{12,64}\b/g, '<id>'],
  [/\bMR[0-9A-Za-z]{8,}\b/g, '<key>'],
  [/\b127\.0\.0\.1:\d+\b/g, '<address>'],
  [/\b\d+(?:\.\d+)? ?(?:ms|s|KiB|MiB|KB|MB)\b/g, '<measure>'],
]

/** Without colours, what differs from run to run, and the widths of tables. */
function masked(line: string): string {
  let text = line
  for (const [pattern, name] of masks) text = text.replaceAll(pattern, name)
  return text.replaceAll(/─+/g, '─').replaceAll(/\s+/g, ' ').trim()
}

function patternOf(line: string): RegExp {
  const parts = line.split('…').map(part => part.trim().replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`))
  return new RegExp(`^${parts.join('.*')}$`)
}
