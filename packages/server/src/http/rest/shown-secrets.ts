import { AppError, retryNever } from '@millrace/spi'

/** What stands in the place of a secret on reads; as long as the shortest secret must be. */
export const secretMask = '****************'

/** Members of keys and certificates that are nobody's business. */
const privateMembers: ReadonlySet<string> = new Set([
  'k',
  'd',
  'p',
  'q',
  'dp',
  'dq',
  'qi',
  'oth',
  'privateKey',
])

/**
 * A spec as it is shown: values of `environment`, what callers prove themselves with in `auth`, and private keys in `foreign` are masked.
 * Secrets in options of connectors are sealed already.
 */
export function shown(spec: unknown): unknown {
  if (!isObject(spec)) return spec
  const { environment, auth, foreign } = spec
  if (environment === undefined && auth === undefined && foreign === undefined) return spec
  return {
    ...spec,
    ...(environment === undefined ? {} : { environment: masked(environment) }),
    ...(auth === undefined ? {} : { auth: shownAuth(auth) }),
    ...(foreign === undefined ? {} : { foreign: withoutPrivate(foreign) }),
  }
}

/**
 * What was written, with the stored value wherever the mask came back: whoever reads, changes something else and writes keeps the secrets.
 * Refuses a mask where nothing is stored, and in a list of another length, since it cannot be told which is meant.
 */
export function unmasked<Written>(written: Written, stored: unknown): Written {
  return restored(written, stored, 'body') as Written
}

/** The spec that is stored, if there is one. */
export function storedSpec(find: () => { readonly spec: unknown }): unknown {
  try {
    return find().spec
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === 'resource.not-found') return undefined
    throw thrown
  }
}

function restored(written: unknown, stored: unknown, path: string): unknown {
  if (written === secretMask) {
    if (typeof stored === 'string') return stored
    throw new AppError(
      'http.invalid-request',
      `${path} is the mask of a secret, and there is none that it could stand for: write the secret`,
      retryNever,
      { details: { path } },
    )
  }
  if (Array.isArray(written)) {
    const before: readonly unknown[] = Array.isArray(stored) && stored.length === written.length ? stored : []
    return written.map((item, index) => restored(item, before[index], `${path}[${index}]`))
  }
  if (!isObject(written)) return written
  const before = isObject(stored) ? stored : {}
  return Object.fromEntries(
    Object.entries(written).map(([name, value]) => [
      name,
      restored(value, Object.hasOwn(before, name) ? before[name] : undefined, `${path}.${name}`),
    ]),
  )
}

function shownAuth(auth: unknown): unknown {
  if (!isObject(auth)) return auth
  const { tokens, users } = auth
  return {
    ...(withoutPrivate(auth) as object),
    ...(tokens === undefined ? {} : { tokens: masked(tokens) }),
    ...(users === undefined ? {} : { users: masked(users) }),
  }
}

function masked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(masked)
  if (isObject(value))
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, masked(one)]))
  return secretMask
}

function withoutPrivate(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPrivate)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [
      name,
      privateMembers.has(name) && typeof one === 'string' ? secretMask : withoutPrivate(one),
    ]),
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
