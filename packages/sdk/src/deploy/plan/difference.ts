/** One member that is not as it is wanted. */
export interface Difference {
  /** Such as `targets[0].retry.retriesMax`. */
  readonly path: string
  /** Absent where the server has nothing. */
  readonly found?: unknown
  readonly wanted: unknown
}

/** What the server shows in the place of a secret. */
const sealedPrefix = 'sealed:'

/** Differences that are told of one item; the rest is cut off. */
const differencesMax = 100

/**
 * Where what is wanted is not what was found. Members that are not wanted are not looked at: the server fills in what is
 * left out. Lists are compared place by place and whole. Secrets cannot be compared: they count as equal.
 */
export function differences(wanted: unknown, found: unknown): Difference[] {
  const list: Difference[] = []
  compare(wanted, found, '', list)
  return list
}

function compare(wanted: unknown, found: unknown, path: string, list: Difference[]): void {
  if (list.length === differencesMax || wanted === undefined || isSecret(found)) return
  if (Array.isArray(wanted) && Array.isArray(found)) {
    for (let at = 0; at < Math.max(wanted.length, found.length); at++) {
      if (at < wanted.length) compare(wanted[at], found[at], `${path}[${at}]`, list)
      else list.push({ path: `${path}[${at}]`, found: found[at], wanted: undefined })
    }
    return
  }
  if (isRecord(wanted) && isRecord(found)) {
    for (const [name, value] of Object.entries(wanted)) {
      const inner = path === '' ? name : `${path}.${name}`
      compare(value, Object.hasOwn(found, name) ? found[name] : undefined, inner, list)
    }
    return
  }
  if (Object.is(wanted, found)) return
  list.push({ path, ...(found === undefined ? {} : { found }), wanted })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isSecret(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith(sealedPrefix)
}
