import { checkTls, defineConnector, optionRefusal } from '@millrace/spi'
import { parseEndpoint, RabbitConnection, RabbitSinkOptions, RabbitSourceOptions } from './options.ts'
import { parameterNames } from './publication.ts'
import { RabbitSink } from './sink.ts'
import { RabbitSource } from './source.ts'

/** RabbitMQ over AMQP 0-9-1: queues to read from, exchanges and queues to write to. See the README for its semantics. */
export const connector = defineConnector({
  system: 'rabbitmq',
  title: 'RabbitMQ',
  connection: RabbitConnection,
  source: {
    options: RabbitSourceOptions,
    tasksMax: 64,
    ordered: false,
    check: options => checkConnection(options as RabbitSourceOptions),
    open: (options, context) => new RabbitSource(options as RabbitSourceOptions, context),
  },
  sink: {
    options: RabbitSinkOptions,
    recordsMax: 1_000,
    parameters: parameterNames,
    check: options => {
      const { exchange, queue, ...rest } = options as RabbitSinkOptions
      checkConnection(rest)
      if (queue !== undefined && exchange !== '') {
        throw optionRefusal('rabbitmq', 'queue', 'goes without an exchange: it is reached by the default one')
      }
    },
    open: (options, context) => new RabbitSink(options as RabbitSinkOptions, context),
  },
})

function checkConnection(options: Pick<RabbitConnection, 'endpoint' | 'tls'>): void {
  try {
    parseEndpoint(options)
  } catch (thrown) {
    throw optionRefusal('rabbitmq', 'endpoint', (thrown as Error).message)
  }
  checkTls('rabbitmq', options.tls)
}
