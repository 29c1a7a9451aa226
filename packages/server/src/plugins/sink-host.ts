import {
  AppError,
  type Connector,
  type ConnectorContext,
  nearestName,
  type OptionsParser,
  optionsParser,
  retryNever,
  type Sink,
  type SinkDefinition,
} from '@millrace/spi'

/** The sink of a connector with the checks that a host makes for it. */
export class SinkHost {
  readonly definition: SinkDefinition
  readonly #system: string
  readonly #parse: OptionsParser

  /** Throws `plugin.unsuitable` for a connector that has no sink. */
  constructor(connector: Connector) {
    if (connector.sink === undefined) {
      throw new AppError(
        'plugin.unsuitable',
        `The connector ${connector.system} has no sink, so it cannot be a target.`,
        retryNever,
        { details: { system: connector.system } },
      )
    }
    this.definition = connector.sink
    this.#system = connector.system
    this.#parse = optionsParser(connector.system, connector.sink.options)
  }

  /** Complete options, checked by the schema and then by the connector. Throws `options.invalid`. */
  checkOptions(options: unknown): Readonly<Record<string, unknown>> {
    const complete = this.#parse(options)
    this.definition.check?.(complete)
    return complete
  }

  /** Refuses a parameter that the sink would not read. Throws `options.invalid` with the nearest name. */
  checkParameters(names: Iterable<string>): void {
    const known = this.definition.parameters ?? []
    for (const name of names) {
      const isKnown = known.some(one => (one.endsWith('*') ? isBelow(name, one.slice(0, -1)) : one === name))
      if (!isKnown) throw unknownParameter(this.#system, name, known)
    }
  }

  /** Options that were stored are checked again: the schema may have changed since. */
  open(options: unknown, context: ConnectorContext): Sink {
    return this.definition.open(this.checkOptions(options), context)
  }
}

function isBelow(name: string, beginning: string): boolean {
  return name.startsWith(beginning) && name.length > beginning.length
}

function unknownParameter(system: string, name: string, known: readonly string[]): AppError {
  const nearest = nearestName(name, known)
  const list = known.length === 0 ? 'it reads none' : `it reads ${known.join(', ')}`
  const hint = nearest === undefined ? list : `did you mean ${nearest}?`
  return new AppError('options.invalid', `${system}: unknown parameter ${name}; ${hint}`, retryNever, {
    details: { component: system, path: `parameters.${name}` },
  })
}
