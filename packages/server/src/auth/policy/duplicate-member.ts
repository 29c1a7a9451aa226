/**
 * The path of the first member that an object of a JSON text has twice; `undefined` when there is none. The platform's parser
 * keeps the last of them in silence. The text must be well-formed JSON.
 */
export function duplicateMember(text: string): string | undefined {
  // Strings, and the characters that open and close: all else cannot hold a name.
  const tokens = text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]/g)
  const open: { names: Set<string> | undefined; last: string; wantsName: boolean }[] = []
  for (const [token] of tokens) {
    const inner = open.at(-1)
    if (token === '{') open.push({ names: new Set(), last: '', wantsName: true })
    else if (token === '[') open.push({ names: undefined, last: '', wantsName: false })
    else if (token === '}' || token === ']') open.pop()
    else if (inner === undefined) continue
    else if (token === ',') inner.wantsName = inner.names !== undefined
    else if (token === ':') inner.wantsName = false
    else if (inner.wantsName && inner.names !== undefined) {
      inner.last = JSON.parse(token) as string
      if (inner.names.has(inner.last))
        return open.flatMap(({ names, last }) => (names ? [last] : [])).join('.')
      inner.names.add(inner.last)
    }
  }
  return undefined
}
