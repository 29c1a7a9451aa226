import { defineConnector } from '@millrace/spi'
import { checkConnection, checkSource } from './check-options.ts'
import { RocketmqConnectionOptions, RocketmqSinkOptions, RocketmqSourceOptions } from './options.ts'
import { parameterNames } from './outgoing.ts'
import { RocketmqSink } from './sink.ts'
import { RocketmqSource } from './source.ts'

/** Apache RocketMQ 5 through its gRPC proxy. See the README for order, acknowledgement and what a proxy cannot do. */
export const connector = defineConnector({
  system: 'rocketmq',
  title: 'Apache RocketMQ',
  connection: RocketmqConnectionOptions,
  source: {
    options: RocketmqSourceOptions,
    tasksMax: 64,
    // Order is kept within message groups, by handing out one record of a group at a time.
    ordered: false,
    check: options => checkSource(options as RocketmqSourceOptions),
    open: (options, context) => new RocketmqSource(options as RocketmqSourceOptions, context),
  },
  sink: {
    options: RocketmqSinkOptions,
    parameters: parameterNames,
    recordsMax: 100,
    check: options => checkConnection(options as RocketmqSinkOptions),
    open: (options, context) => new RocketmqSink(options as RocketmqSinkOptions, context),
  },
})
