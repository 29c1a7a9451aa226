import { defineConnector, optionRefusal } from '@millrace/spi'
import { checkOptions } from './check-options.ts'
import { HttpConnection, HttpSinkOptions } from './options.ts'
import { parameterNames } from './request.ts'
import { HttpSink } from './sink.ts'
import { blockList, WebhookSource, WebhookSourceOptions } from './webhook/index.ts'

/** HTTP and HTTPS: targets to send to, and an address at which a stream is called. See the README for their semantics. */
export const connector = defineConnector({
  system: 'http',
  title: 'HTTP endpoint',
  connection: HttpConnection,
  source: {
    options: WebhookSourceOptions,
    tasksMax: 1,
    ordered: false,
    check: options => checkAddresses((options as WebhookSourceOptions).addresses),
    open: (options, context) => new WebhookSource(options as WebhookSourceOptions, context),
  },
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

function checkAddresses(addresses: readonly string[]): void {
  try {
    blockList(addresses)
  } catch (thrown) {
    throw optionRefusal('http', 'addresses', (thrown as Error).message)
  }
}
