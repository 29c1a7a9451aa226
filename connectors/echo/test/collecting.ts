import { type Connector, optionsParser } from '@millrace/spi'
import { connector, EchoSink, type EchoSinkOptions } from '../src/index.ts'
import { EchoSinkOptions as schema } from '../src/options.ts'

/** The echo connector, whose sinks are handed to whoever wants to look inside. */
export function collecting(sinks: EchoSink[]): Connector {
  const { sink: definition } = connector
  if (definition === undefined) throw new Error('the connector has no sink')
  return {
    ...connector,
    sink: {
      ...definition,
      open(options, context) {
        const sink = definition.open(options, context)
        if (sink instanceof EchoSink) sinks.push(sink)
        return sink
      },
    },
  }
}

/** Complete options from a few. */
export function echoOptions(options: Partial<EchoSinkOptions>): Readonly<Record<string, unknown>> {
  return optionsParser('echo', schema)(options)
}
