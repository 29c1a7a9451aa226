import { defineConnector } from '@millrace/spi'
import { EchoSinkOptions, EchoSourceOptions } from './options.ts'
import { EchoSink } from './sink.ts'
import { EchoSource } from './source.ts'

export type { EchoFeed } from './feed.ts'
export type { EchoSinkOptions, EchoSourceOptions } from './options.ts'
export { EchoSink } from './sink.ts'
export { EchoSource } from './source.ts'

/**
 * The template of a connector. Its source makes records out of its options; its sink keeps records in memory, and fails,
 * waits and hangs on request.
 */
export const connector = defineConnector({
  system: 'echo',
  title: 'Echo (in memory)',
  source: {
    options: EchoSourceOptions,
    // The host hands over options that fit the schema; the type of the contract cannot say so.
    open: (options, context) => new EchoSource(options as EchoSourceOptions, context),
    // A second task would make the same records once more.
    tasksMax: 1,
    ordered: true,
  },
  sink: {
    options: EchoSinkOptions,
    recordsMax: 100,
    open: (options, context) => new EchoSink(options as EchoSinkOptions, context),
  },
})
