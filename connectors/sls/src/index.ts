import { defineConnector, optionRefusal } from '@millrace/spi'
import { SlsConnection, SlsSinkOptions, SlsSourceOptions } from './options.ts'
import { parameterNames } from './outgoing-log.ts'
import { SlsSink } from './sink.ts'
import { SlsSource } from './source.ts'

/** Log Service: the cloud's, or the log stores of this program. See the README for its semantics. */
export const connector = defineConnector({
  system: 'sls',
  title: 'Log Service (SLS) log store',
  connection: SlsConnection,
  source: {
    options: SlsSourceOptions,
    tasksMax: 1,
    ordered: true,
    check: given => {
      const options = given as SlsSourceOptions
      checkConnection(options)
      const { start } = options
      if (typeof start === 'object' && Number.isNaN(Date.parse(start.time))) {
        throw optionRefusal('sls', 'start.time', 'is no time as RFC 3339 has it')
      }
    },
    open: (options, context) => new SlsSource(options as SlsSourceOptions, context),
  },
  sink: {
    options: SlsSinkOptions,
    recordsMax: 1_000,
    parameters: parameterNames,
    check: options => checkConnection(options as SlsSinkOptions),
    open: (options, context) => new SlsSink(options as SlsSinkOptions, context),
  },
})

function checkConnection(options: Pick<SlsConnection, 'endpoint' | 'accessKeyId' | 'accessKeySecret'>): void {
  const url = URL.parse(options.endpoint)
  const isHttp = url !== null && (url.protocol === 'http:' || url.protocol === 'https:')
  if (!isHttp || url.username !== '' || url.password !== '' || url.pathname !== '/' || url.search !== '') {
    throw optionRefusal('sls', 'endpoint', 'is not an http: or https: address without user, path and query')
  }
  for (const name of ['accessKeyId', 'accessKeySecret'] as const) {
    if (options[name] === '') throw optionRefusal('sls', name, 'is required')
  }
}
