import { defineConnector } from '@millrace/spi'
import { ConsoleSinkOptions } from './options.ts'
import { logOutput, streamOutput } from './output.ts'
import { ConsoleSink } from './sink.ts'

export type { Output } from './output.ts'
export { ConsoleSink }
export type { ConsoleSinkOptions }

/** One readable line for each event, for looking on while rules and streams are made. */
export const connector = defineConnector({
  system: 'console',
  title: 'Console',
  sink: {
    options: ConsoleSinkOptions,
    recordsMax: 1_000,
    open: (options, context) => {
      // The host hands over options that fit the schema; the type of the contract cannot say so.
      const known = options as ConsoleSinkOptions
      const output =
        known.output === 'log' ? logOutput(context.log, context.name) : streamOutput(process.stdout)
      return new ConsoleSink(known, context, output)
    },
  },
})
