import {
  AppError,
  type Connector,
  type ConnectorContext,
  mapSecrets,
  nearestName,
  type OptionsParser,
  optionsParser,
  retryNever,
  type Sink,
  type SinkDefinition,
  type Source,
  type SourceContext,
  type SourceDefinition,
} from '@millrace/spi'
import type { TObject } from 'typebox'

/** What options of a connector are for. */
export type OptionsRole = 'sink' | 'source' | 'connection'

/** Why the lack of a part is a refusal, by role. */
const lacks: Readonly<Record<OptionsRole, string>> = {
  sink: 'has no sink, so it cannot be a target',
  source: 'has no source, so no stream can read from it',
  connection: 'has no options of a connection, so there are no instances of it',
}

/** A connector with the checks that a host makes for it. */
export class ConnectorHost {
  readonly connector: Connector
  readonly #parsers = new Map<OptionsRole, OptionsParser>()

  constructor(connector: Connector) {
    this.connector = connector
  }

  /** Throws `plugin.unsuitable` for a connector that has no sink. */
  get sink(): SinkDefinition {
    return this.connector.sink ?? this.#refuse('sink')
  }

  /** Throws `plugin.unsuitable` for a connector that has no source. */
  get source(): SourceDefinition {
    return this.connector.source ?? this.#refuse('source')
  }

  /** Complete options, checked by the schema and then by the connector. Throws `options.invalid`, `plugin.unsuitable`. */
  checkOptions(role: OptionsRole, options: unknown): Readonly<Record<string, unknown>> {
    const parse = this.#parsers.get(role) ?? optionsParser(this.connector.system, this.#schema(role))
    this.#parsers.set(role, parse)
    const complete = parse(options)
    if (role !== 'connection') this[role].check?.(complete)
    return complete
  }

  mapSecrets(
    role: OptionsRole,
    options: unknown,
    replace: (secret: string) => string,
  ): Record<string, unknown> {
    return mapSecrets(this.#schema(role), options, replace) as Record<string, unknown>
  }

  /** Refuses a parameter that the sink would not read. Throws `options.invalid` with the nearest name. */
  checkParameters(names: Iterable<string>): void {
    const known = this.sink.parameters ?? []
    for (const name of names) {
      const isKnown = known.some(one => (one.endsWith('*') ? isBelow(name, one.slice(0, -1)) : one === name))
      if (!isKnown) throw unknownParameter(this.connector.system, name, known)
    }
  }

  /** Options that were stored are checked again: the schema may have changed since. */
  openSink(options: unknown, context: ConnectorContext): Sink {
    return this.sink.open(this.checkOptions('sink', options), context)
  }

  openSource(options: unknown, context: SourceContext): Source {
    return this.source.open(this.checkOptions('source', options), context)
  }

  #schema(role: OptionsRole): TObject {
    if (role === 'connection') return this.connector.connection ?? this.#refuse('connection')
    return this[role].options
  }

  #refuse(role: OptionsRole): never {
    const { system } = this.connector
    throw new AppError('plugin.unsuitable', `The connector ${system} ${lacks[role]}.`, retryNever, {
      details: { system },
    })
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
