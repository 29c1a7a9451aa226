import { defineConnector } from '@millrace/spi'
import { checkSinkOptions, checkSourceOptions } from './check-options.ts'
import { KafkaConnectionOptions, KafkaSinkOptions, KafkaSourceOptions } from './options.ts'
import { parameterNames } from './outgoing.ts'
import { KafkaSink } from './sink.ts'
import { KafkaSource } from './source.ts'

/** Apache Kafka and what speaks its protocol: consumer groups as sources, topics as sinks. The README has the semantics. */
export const connector = defineConnector({
  system: 'kafka',
  title: 'Apache Kafka',
  connection: KafkaConnectionOptions,
  source: {
    options: KafkaSourceOptions,
    tasksMax: 1_000,
    ordered: true,
    check: options => checkSourceOptions(options as KafkaSourceOptions),
    open: (options, context) => new KafkaSource(options as KafkaSourceOptions, context),
  },
  sink: {
    options: KafkaSinkOptions,
    parameters: parameterNames,
    recordsMax: 1_000,
    check: options => checkSinkOptions(options as KafkaSinkOptions),
    open: (options, context) => new KafkaSink(options as KafkaSinkOptions, context),
  },
})
