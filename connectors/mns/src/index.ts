import { defineConnector, optionRefusal } from '@millrace/spi'
import { MnsConnection, MnsSinkOptions, MnsSourceOptions } from './options.ts'
import { parameterNames } from './outgoing-message.ts'
import { MnsSink } from './sink.ts'
import { MnsSource } from './source.ts'

/** MNS, by its present name SMQ: the cloud's, or the queues of this program. See the README for its semantics. */
export const connector = defineConnector({
  system: 'mns',
  title: 'MNS queue or topic',
  connection: MnsConnection,
  source: {
    options: MnsSourceOptions,
    tasksMax: 64,
    ordered: false,
    check: options => checkConnection(options as MnsSourceOptions),
    open: (options, context) => new MnsSource(options as MnsSourceOptions, context),
  },
  sink: {
    options: MnsSinkOptions,
    recordsMax: 256,
    parameters: parameterNames,
    check: options => {
      const { queue, topic, ...rest } = options as MnsSinkOptions
      checkConnection(rest)
      if ((queue === undefined) === (topic === undefined)) {
        throw optionRefusal('mns', 'queue', 'or topic is needed, and not both of them')
      }
    },
    open: (options, context) => new MnsSink(options as MnsSinkOptions, context),
  },
})

function checkConnection(options: Pick<MnsConnection, 'endpoint' | 'accessKeyId' | 'accessKeySecret'>): void {
  const url = URL.parse(options.endpoint)
  const isHttp = url !== null && (url.protocol === 'http:' || url.protocol === 'https:')
  if (!isHttp || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw optionRefusal(
      'mns',
      'endpoint',
      'is not an http: or https: address without user, query and fragment',
    )
  }
  for (const name of ['accessKeyId', 'accessKeySecret'] as const) {
    if (options[name] === '') throw optionRefusal('mns', name, 'is required')
  }
}
