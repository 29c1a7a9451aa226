import { isObject } from './action.ts'

/** What stands in the place of a secret on reads (section 3.3). */
export const mask = '********'

/** Members that hold secrets, in sources, sinks, targets and connections. */
const secretNames: ReadonlySet<string> = new Set([
  'Password',
  'AccountPassword',
  'SaslPassword',
  'InstancePassword',
  'SslKeyPassword',
  'SslKeystoreKey',
  'ApiKeyValue',
  'ClientSecret',
  'SecretKey',
])

/**
 * The same document with a mask in the place of every secret: what is kept for this interface is shown by others, too, and
 * secrets are kept sealed in the options of their connectors. Values of parameters keep their form.
 */
export function masked<Value>(document: Value): Value {
  if (Array.isArray(document)) return document.map(item => masked(item as unknown)) as Value
  if (!isObject(document)) return document
  const key = document['ResourceKey']
  const isSecretParameter = typeof key === 'string' && secretNames.has(key)
  // An entry of the parameters of OAuth says itself whether it is one.
  const isSecretEntry = 'Key' in document && String(document['IsValueSecret']) === 'true'
  const entries = Object.entries(document).map(([name, value]): [string, unknown] => {
    if (secretNames.has(name)) return [name, maskedValue(value)]
    if (name === 'Value' && (isSecretParameter || isSecretEntry)) return [name, mask]
    return [name, masked(value)]
  })
  return Object.fromEntries(entries) as Value
}

function maskedValue(value: unknown): unknown {
  if (isObject(value)) return 'Value' in value ? { ...value, Value: mask } : value
  return value === undefined || value === '' ? value : mask
}

/**
 * What was written, with the stored value wherever the mask came back: a client that reads, changes something else and writes must
 * not make the mask the password.
 */
export function unmasked<Value>(written: Value, stored: unknown): Value {
  if (written === mask && typeof stored === 'string') return stored as Value
  if (Array.isArray(written)) {
    return written.map((item: unknown, index) =>
      unmasked(item, Array.isArray(stored) ? stored[index] : undefined),
    ) as Value
  }
  if (!isObject(written) || !isObject(stored)) return written
  return Object.fromEntries(
    Object.entries(written).map(([name, value]) => [name, unmasked(value, stored[name])]),
  ) as Value
}
