/** Reads the members of one object of an `s.yaml`, and knows which were not looked at. */
export class Members {
  readonly #value: Readonly<Record<string, unknown>>
  readonly #path: string
  readonly #seen = new Set<string>()

  constructor(value: unknown, path: string) {
    this.#value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
    this.#path = path
  }

  text(name: string): string | undefined {
    const value = this.#take(name)
    if (value === undefined || value === null) return undefined
    if (typeof value === 'string') return value
    if (typeof value === 'number' || typeof value === 'boolean') return String(value)
    throw new Error(`${this.#path}.${name} is to be a text`)
  }

  /** A number times a factor: seconds become milliseconds by 1,000. */
  number(name: string, factor = 1): number | undefined {
    const value = this.#take(name)
    if (value === undefined || value === null) return undefined
    const number = Number(value)
    if (Number.isNaN(number))
      throw new Error(`${this.#path}.${name} is ${JSON.stringify(value)}, which is no number`)
    return number * factor
  }

  flag(name: string): boolean | undefined {
    const value = this.#take(name)
    return value === undefined ? undefined : value === true || value === 'true'
  }

  list(name: string): readonly unknown[] | undefined {
    const value = this.#take(name)
    return Array.isArray(value) ? value : undefined
  }

  texts(name: string): string[] | undefined {
    return this.list(name)?.map(String)
  }

  inner(name: string): Members | undefined {
    const value = this.#take(name)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? new Members(value, `${this.#path}.${name}`)
      : undefined
  }

  record(name: string): Record<string, string> | undefined {
    const value = this.#take(name)
    if (typeof value !== 'object' || value === null) return undefined
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, String(each)]))
  }

  /** Says that members are known and mean nothing here. */
  ignore(...names: string[]): void {
    for (const name of names) this.#seen.add(name)
  }

  /** Paths of the members that nobody has asked for. */
  rest(): string[] {
    return Object.keys(this.#value)
      .filter(name => !this.#seen.has(name))
      .map(name => `${this.#path}.${name}`)
  }

  #take(name: string): unknown {
    this.#seen.add(name)
    return this.#value[name]
  }
}

/** An object without the members that have no value. */
export function given<Value extends object>(
  value: Value,
): { [Key in keyof Value]: Exclude<Value[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as never
}
