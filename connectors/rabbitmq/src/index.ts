import { AppError, defineConnector, retryNever } from '@millrace/spi'
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
    check: options => checkEndpoint(options as RabbitSourceOptions),
    open: (options, context) => new RabbitSource(options as RabbitSourceOptions, context),
  },
  sink: {
    options: RabbitSinkOptions,
    recordsMax: 1_000,
    parameters: parameterNames,
    check: options => {
      const { exchange, queue, ...rest } = options as RabbitSinkOptions
      checkEndpoint(rest)
      if (queue !== undefined && exchange !== '') {
        throw invalid('queue', 'goes without an exchange: it is reached by the default one')
      }
    },
    open: (options, context) => new RabbitSink(options as RabbitSinkOptions, context),
  },
})

function checkEndpoint(options: Pick<RabbitConnection, 'endpoint' | 'tls'>): void {
  try {
    parseEndpoint(options)
  } catch (thrown) {
    throw invalid('endpoint', (thrown as Error).message)
  }
}

function invalid(path: string, what: string): AppError {
  return new AppError('options.invalid', `rabbitmq: option ${path} ${what}`, retryNever, {
    details: { component: 'rabbitmq', path },
  })
}
