import { defineConnector } from '@millrace/spi'
import { EchoSinkOptions } from './options.ts'
import { EchoSink } from './sink.ts'

export type { EchoSinkOptions } from './options.ts'
export { EchoSink } from './sink.ts'

/** The template of a connector. Its sink keeps records in memory, and fails, waits and hangs on request. */
export const connector = defineConnector({
  system: 'echo',
  title: 'Echo (in memory)',
  sink: {
    options: EchoSinkOptions,
    recordsMax: 100,
    open: (options, context) => new EchoSink(asOptions(options), context),
  },
})

/** The host hands over options that fit the schema; the type of the contract cannot say so. */
function asOptions(options: Readonly<Record<string, unknown>>): EchoSinkOptions {
  return options as EchoSinkOptions
}
