import { defineConnector } from '@millrace/spi'
import { checkOptions } from './check-options.ts'
import { HttpSinkOptions } from './options.ts'
import { parameterNames } from './request.ts'
import { HttpSink } from './sink.ts'

/** HTTP and HTTPS targets: webhooks, API endpoints. See the README for what is sent and what counts as success. */
export const connector = defineConnector({
  system: 'http',
  title: 'HTTP endpoint',
  sink: {
    options: HttpSinkOptions,
    parameters: parameterNames,
    recordsMax: 1,
    check: options => checkOptions(asOptions(options)),
    open: (options, context) => new HttpSink(asOptions(options), context),
  },
})

/** The host hands over options that fit the schema; the type of the contract cannot say so. */
function asOptions(options: Readonly<Record<string, unknown>>): HttpSinkOptions {
  return options as HttpSinkOptions
}
