import { checkTls, defineConnector, optionRefusal } from '@millrace/spi'
import { MqttConnection, MqttSinkOptions, MqttSourceOptions, parseEndpoint } from './options.ts'
import { parameterNames } from './publication.ts'
import { MqttSink } from './sink.ts'
import { sessionsMax } from './session-number.ts'
import { MqttSource } from './source.ts'
import { filterFault, groupFault, topicFault } from './topics.ts'

/** MQTT 5: shared subscriptions to read from, topics to publish to. See the README for its semantics. */
export const connector = defineConnector({
  system: 'mqtt',
  title: 'MQTT',
  connection: MqttConnection,
  source: {
    options: MqttSourceOptions,
    tasksMax: sessionsMax,
    ordered: false,
    check: options => {
      const { topic, group, ...rest } = options as MqttSourceOptions
      checkConnection(rest)
      checkName('topic', filterFault(topic))
      if (group !== undefined) checkName('group', groupFault(group))
    },
    open: (options, context) => new MqttSource(options as MqttSourceOptions, context),
  },
  sink: {
    options: MqttSinkOptions,
    recordsMax: 1_000,
    parameters: parameterNames,
    check: options => {
      const { topic, ...rest } = options as MqttSinkOptions
      checkConnection(rest)
      if (topic !== undefined) checkName('topic', topicFault(topic))
    },
    open: (options, context) => new MqttSink(options as MqttSinkOptions, context),
  },
})

function checkConnection({
  endpoint,
  tls,
  username,
  password,
}: Pick<MqttConnection, 'endpoint' | 'tls' | 'username' | 'password'>): void {
  try {
    parseEndpoint(tls === undefined ? { endpoint } : { endpoint, tls })
  } catch (thrown) {
    throw optionRefusal('mqtt', 'endpoint', (thrown as Error).message)
  }
  checkTls('mqtt', tls)
  if (password !== undefined && username === undefined) {
    throw optionRefusal('mqtt', 'password', 'goes with a username')
  }
}

function checkName(path: string, fault: string | undefined): void {
  if (fault !== undefined) throw optionRefusal('mqtt', path, fault)
}
