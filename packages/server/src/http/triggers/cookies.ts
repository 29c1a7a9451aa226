/** The value of a cookie, without quotes; the first when there are several. */
export function cookieValue(header: string | undefined, name: string): string | undefined {
  for (const part of (header ?? '').split(';')) {
    const equals = part.indexOf('=')
    if (equals < 0 || part.slice(0, equals).trim() !== name) continue
    return part
      .slice(equals + 1)
      .trim()
      .replace(/^"(.*)"$/, '$1')
  }
  return undefined
}

/** The header without the cookies of these names; empty when none is left. */
export function withoutCookies(header: string, names: ReadonlySet<string>): string {
  return header
    .split(';')
    .map(part => part.trim())
    .filter(part => part !== '' && !names.has(part.split('=', 1)[0]?.trim() ?? ''))
    .join('; ')
}
