import type { ConnectorInfo, OptionSchema, SinkSpec, SourceSpec } from '@millrace/sdk'
import { mainOption, parseAssignments } from '../../options/index.ts'

/** One end of a stream as it is written on a command line. */
export interface PlaceFlags {
  /** `kafka:orders`, `function:clean`. */
  readonly place: string
  readonly instance: string | undefined
  /** `name=value` of further options. */
  readonly assignments: readonly string[]
}

/** Where a stream reads: `SYSTEM:SUBJECT`. A group of readers that must have a name gets that of the stream, unless it is told. */
export function sourceOf(
  { place, instance, assignments }: PlaceFlags,
  connectors: readonly ConnectorInfo[],
  stream: string,
): SourceSpec {
  const [system, subject] = split(place)
  const readable = connectors.filter(({ source }) => source !== undefined)
  const connector = readable.find(one => one.system === system)
  if (connector?.source === undefined) {
    throw new Error(
      `nothing can be read from ${system}; there are ${readable.map(one => one.system).join(', ')}`,
    )
  }
  const schema = connector.source.options
  const group = schema.required?.includes('group') === true ? { group: stream } : {}
  return {
    connector: system,
    ...(instance === undefined ? {} : { instance }),
    options: { ...group, ...optionsOf(connector, schema, subject, assignments) },
  }
}

/** What a target may be besides a connector. */
const ownKinds = ['function', 'bus', 'queue', 'topic'] as const

/** Where a stream writes: `function:NAME[@QUALIFIER]`, `bus:NAME`, `queue:NAME`, `topic:NAME` or `SYSTEM[:SUBJECT]`. */
export function sinkOf(
  { place, instance, assignments }: PlaceFlags,
  connectors: readonly ConnectorInfo[],
): SinkSpec {
  const [kind, subject] = split(place)
  const own = ownKinds.find(one => one === kind)
  if (own !== undefined) {
    if (subject === undefined) throw new Error(`which ${own}? Write ${own}:NAME`)
    if (instance !== undefined || assignments.length > 0)
      throw new Error(`a ${own} has no instance and no options`)
    return ownSink(own, subject)
  }
  const writable = connectors.filter(({ sink }) => sink !== undefined)
  const connector = writable.find(one => one.system === kind)
  if (connector?.sink === undefined) {
    const known = [...ownKinds, ...writable.map(one => one.system)]
    throw new Error(`nothing can be written to ${kind}; there are ${known.join(', ')}`)
  }
  return {
    connector: kind,
    ...(instance === undefined ? {} : { instance }),
    options: optionsOf(connector, connector.sink.options, subject, assignments),
  }
}

function ownSink(kind: (typeof ownKinds)[number], name: string): SinkSpec {
  switch (kind) {
    case 'function':
      return functionOf(name)
    case 'bus':
      return { bus: name }
    case 'queue':
      return { queue: name }
    case 'topic':
      return { topic: name }
  }
}

/** `NAME[@QUALIFIER]`. */
export function functionOf(text: string): { function: string; qualifier?: string } {
  const [name = '', qualifier] = text.split('@')
  return { function: name, ...(qualifier === undefined ? {} : { qualifier }) }
}

/** The subject is the option by which the connector tells its topics, queues or files apart; several go with commas between. */
function optionsOf(
  { system, connection }: ConnectorInfo,
  schema: OptionSchema,
  subject: string | undefined,
  assignments: readonly string[],
): Record<string, unknown> {
  const options = parseAssignments(schema, assignments)
  if (subject === undefined) return options
  const main = mainOption(schema, connection)
  if (main === undefined) throw new Error(`${system} has nothing that ${subject} could name`)
  const isList = schema.properties?.[main]?.type === 'array'
  return { [main]: isList ? subject.split(',') : subject, ...options }
}

/** At the first colon: the subject may be an address. */
function split(place: string): [system: string, subject: string | undefined] {
  const at = place.indexOf(':')
  return at < 0 ? [place, undefined] : [place.slice(0, at), place.slice(at + 1)]
}
