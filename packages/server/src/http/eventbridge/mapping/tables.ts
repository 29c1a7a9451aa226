import { Refusal } from '../refusal.ts'
import { apiDestinationSink } from './api-destination.ts'
import { busTarget } from './bus.ts'
import { dingtalkTarget } from './chat.ts'
import type { SinkMapping, SourceMapping } from './destination.ts'
import { functionSink, functionTarget } from './function.ts'
import { httpSink } from './http.ts'
import { jdbcSource } from './jdbc.ts'
import { apacheKafkaSink, apacheKafkaSource, kafkaSink, kafkaSource } from './kafka.ts'
import { mailTarget } from './mail.ts'
import { mnsSink, mnsSource, queueTarget, topicTarget } from './mns.ts'
import { mqttSink, mqttSource } from './mqtt.ts'
import { postgresSource } from './postgres.ts'
import { ossSink, ossSource } from './oss.ts'
import { mysqlSink, mysqlSource, rdsMysqlSink } from './mysql.ts'
import { openRabbitmqSink, openRabbitmqSource, rabbitmqSink, rabbitmqSource } from './rabbitmq.ts'
import { rocketmqSink, rocketmqSource } from './rocketmq.ts'
import { slsSink, slsSource } from './sls.ts'

/** Types of rule targets that are offered (section 7.3). */
const targets: Readonly<Record<string, SinkMapping>> = {
  http: httpSink,
  https: httpSink,
  'acs.fc.function': functionTarget,
  'acs.eventbridge': busTarget,
  'acs.mns.queue': queueTarget,
  'acs.mns.topic': topicTarget,
  'acs.rocketmq': rocketmqSink,
  'acs.rabbitmq': rabbitmqSink,
  'acs.alikafka': kafkaSink,
  ApacheKafkaSelf: apacheKafkaSink,
  'acs.api.destination': apiDestinationSink,
  'acs.dingtalk': dingtalkTarget,
  'acs.mail': mailTarget,
  'acs.rds.mysql': rdsMysqlSink,
  mysql: mysqlSink,
  'acs.sls': slsSink,
}

/** Parameter objects of stream sources that are offered (section 8.2); the first five stand for event sources, too. */
const sources: Readonly<Record<string, SourceMapping>> = {
  SourceMNSParameters: mnsSource,
  SourceRocketMQParameters: rocketmqSource,
  SourceRabbitMQParameters: rabbitmqSource,
  SourceOpenSourceRabbitMQParameters: openRabbitmqSource,
  SourceKafkaParameters: kafkaSource,
  SourceApacheKafkaParameters: apacheKafkaSource,
  SourceMQTTParameters: mqttSource,
  SourceMySQLParameters: mysqlSource,
  SourceOSSParameters: ossSource,
  SourceSLSParameters: slsSource,
  SourcePostgreSQLParameters: postgresSource,
  SourceJDBCParameters: jdbcSource,
}

/** Parameter objects of stream sinks that are offered (section 8.3). */
const sinks: Readonly<Record<string, SinkMapping>> = {
  SinkMNSParameters: mnsSink,
  SinkRocketMQParameters: rocketmqSink,
  SinkRabbitMQParameters: rabbitmqSink,
  SinkOpenSourceRabbitMQParameters: openRabbitmqSink,
  SinkKafkaParameters: kafkaSink,
  SinkApacheKafkaParameters: apacheKafkaSink,
  SinkMQTTParameters: mqttSink,
  SinkOSSParameters: ossSink,
  SinkFcParameters: functionSink,
  SinkHttpsParameters: httpSink,
  SinkApiDestinationParameters: apiDestinationSink,
  SinkSLSParameters: slsSink,
}

export const targetTypes: readonly string[] = Object.keys(targets)
export const sourceKinds: readonly string[] = Object.keys(sources)
export const sinkKinds: readonly string[] = Object.keys(sinks)

/** Refuses a type that is not offered, with those that are. */
export function targetMapping(type: string): SinkMapping {
  if (Object.hasOwn(targets, type) && targets[type] !== undefined) return targets[type]
  throw new Refusal(
    'EventTargetClassNotExist',
    `this server has no targets of type ${type.slice(0, 64)}; it has ${targetTypes.join(', ')}`,
  )
}

/** Refuses a source that is not offered, under the given code. */
export function sourceMapping(kind: string, code: string): SourceMapping {
  if (Object.hasOwn(sources, kind) && sources[kind] !== undefined) return sources[kind]
  throw new Refusal(
    code,
    `this server has no source for ${kind.slice(0, 64)}; it has ${sourceKinds.join(', ')}`,
  )
}

/** Refuses a sink that is not offered, under the given code. */
export function sinkMapping(kind: string, code: string): SinkMapping {
  if (Object.hasOwn(sinks, kind) && sinks[kind] !== undefined) return sinks[kind]
  throw new Refusal(code, `this server has no sink for ${kind.slice(0, 64)}; it has ${sinkKinds.join(', ')}`)
}
