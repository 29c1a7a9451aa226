/** What the texts of an `s.yaml` may refer to. */
export interface VariableScope {
  readonly vars: Readonly<Record<string, unknown>>
  /** Props of the resource that the text stands in, and of all by name. */
  readonly own: Readonly<Record<string, unknown>>
  readonly resources: Readonly<Record<string, { readonly props?: Readonly<Record<string, unknown>> }>>
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** References inside of references are followed so far; a circle ends there. */
const depthMax = 8

/**
 * Puts in what `${vars.a.b}`, `${env('NAME', 'default')}`, `${this.props.a}`, `${resources.x.props.a}` and `${config('region')}`-like
 * texts stand for. A text that is one reference becomes its value, of whatever kind. What cannot be known here stays as it is and is told.
 */
export function withVariables(
  value: unknown,
  scope: VariableScope,
  unknown: (text: string) => void,
  depth = 0,
): unknown {
  if (Array.isArray(value)) return value.map(item => withVariables(item, scope, unknown, depth))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [name, withVariables(member, scope, unknown, depth)]),
    )
  }
  if (typeof value !== 'string' || !value.includes('${')) return value
  const whole = /^\$\{([^{}]+)\}$/.exec(value)?.[1]
  const resolve = (reference: string, text: string): unknown => {
    const found = lookUp(reference.trim(), scope)
    if (found === undefined || depth === depthMax) {
      unknown(text)
      return text
    }
    return withVariables(found, scope, unknown, depth + 1)
  }
  if (whole !== undefined) return resolve(whole, value)
  return value.replaceAll(/\$\{([^{}]+)\}/g, (text, reference: string) => String(resolve(reference, text)))
}

function lookUp(reference: string, { vars, own, resources, environment }: VariableScope): unknown {
  const call = /^env\(\s*['"]?([^'",)]+)['"]?\s*(?:,\s*['"]?([^'")]*)['"]?\s*)?\)$/.exec(reference)
  if (call !== null) return environment[call[1] ?? ''] ?? call[2]
  const [head = '', ...path] = reference.split('.')
  if (head === 'vars') return at(vars, path)
  if (head === 'this') return at({ props: own }, path)
  if (head === 'resources') return at(resources, path)
  return undefined
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, name) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, name)
        ? (inner as Record<string, unknown>)[name]
        : undefined,
    value,
  )
}
