import type { TransformSpec } from '../../../resources/index.ts'
import { isObject } from '../action.ts'
import { bodyForm, type Destination, given, type SinkMapping, type SourceMapping } from './destination.ts'
import type { Members } from './members.ts'

/** `SourceKafkaParameters`: a topic of an instance. */
export const kafkaSource: SourceMapping = members => ({
  connector: 'kafka',
  instance: members.required('InstanceId'),
  options: sourceOptions(members),
})

/** `SourceApacheKafkaParameters`: a cluster of one's own. */
export const apacheKafkaSource: SourceMapping = members => ({
  connector: 'kafka',
  options: { ...clusterOptions(members), ...sourceOptions(members) },
})

function sourceOptions(members: Members): Record<string, unknown> {
  return given({
    topic: members.required('Topic'),
    group: members.required('ConsumerGroup'),
    start: members.word('OffsetReset', ['latest', 'earliest']),
    bodyForm: bodyForm(members, 'ValueDataType'),
  })
}

/** `SinkKafkaParameters`, and the target `acs.alikafka`. */
export const kafkaSink: SinkMapping = members =>
  destination(members, {
    connector: 'kafka',
    instance: members.required('InstanceId'),
    options: sinkOptions(members),
  })

/** `SinkApacheKafkaParameters`, and the target `ApacheKafkaSelf`. */
export const apacheKafkaSink: SinkMapping = members =>
  destination(members, {
    connector: 'kafka',
    options: { ...clusterOptions(members), ...sinkOptions(members) },
  })

function sinkOptions(members: Members): Record<string, unknown> {
  const acks = members.word('Acks', ['0', '1', 'all', '-1'])
  return given({
    topic: topicOf(members),
    acks: acks === '-1' ? 'all' : acks,
    compression: members.word('CompressionType', ['none', 'gzip', 'snappy', 'lz4', 'zstd']),
  })
}

/** A topic that each event names itself needs none beside it. */
function topicOf(members: Members): string {
  const topic = members.constant('Topic')
  return topic === '' && members.value('DynamicTopic') === undefined ? members.required('Topic') : topic
}

function destination(members: Members, sink: Destination['sink']): Destination {
  return {
    sink,
    transform: members.body('Value'),
    parameters: { ...members.values({ Key: 'key', DynamicTopic: 'topic' }), ...headersOf(members) },
  }
}

/** `Headers` renders a JSON object; each member of its text becomes a header. */
function headersOf(members: Members): Record<string, TransformSpec> {
  const value = members.value('Headers')
  if (value === undefined) return {}
  if (value.form !== 'CONSTANT' && value.form !== 'TEMPLATE') {
    throw members.ineffective('Headers can be CONSTANT or TEMPLATE')
  }
  const object = objectOf(value.form === 'CONSTANT' ? value.value : value.template)
  if (object === undefined)
    throw members.ineffective('Headers is the text of a JSON object whose members are texts')
  return Object.fromEntries(
    Object.entries(object).map(([name, text]): [string, TransformSpec] => [
      `headers.${name}`,
      value.form === 'CONSTANT'
        ? { form: 'CONSTANT', value: text }
        : { form: 'TEMPLATE', value: value.value, template: text },
    ]),
  )
}

function objectOf(text: string): Record<string, string> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const isFlat = isObject(value) && Object.values(value).every(member => typeof member === 'string')
    return isFlat ? (value as Record<string, string>) : undefined
  } catch {
    return undefined
  }
}

const protocols = ['PLAINTEXT', 'SASL_PLAINTEXT', 'SASL_SSL', 'SSL'] as const

/** Where a cluster of one's own is and how to get in. */
function clusterOptions(members: Members): Record<string, unknown> {
  const bootstrap = members.constant('Bootstraps') || members.endpoint || members.required('Bootstraps')
  const protocol = members.word('SecurityProtocol', protocols) ?? 'PLAINTEXT'
  return given({
    bootstrap,
    sasl: protocol.startsWith('SASL') ? saslOf(members) : undefined,
    tls: protocol.endsWith('SSL') ? tlsOf(members) : undefined,
  })
}

function saslOf(members: Members): Record<string, unknown> {
  const mechanism = members.word('SaslMechanism', ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']) ?? 'PLAIN'
  return {
    mechanism,
    username: members.required('SaslUser'),
    password: members.required('SaslPassword'),
  }
}

function tlsOf(members: Members): Record<string, unknown> {
  const key = pemOf(members, 'SslKeystoreKey')
  const certificate = pemOf(members, 'SslKeystoreCertificateChain')
  if (certificate !== undefined && key === undefined) {
    throw members.ineffective(
      'there is no key management service here; make an instance with the certificate and its key: millrace instance add kafka <name> …',
    )
  }
  return given({
    ca: pemOf(members, 'SslTruststoreCertificates'),
    certificate,
    key,
    keyPassphrase: members.constant('SslKeyPassword'),
  })
}

/** Base64 of PEM, or PEM as it is. */
function pemOf(members: Members, key: string): string | undefined {
  const text = members.constant(key)
  if (text === '') return undefined
  if (text.includes('-----BEGIN')) return text
  const decoded = Buffer.from(text, 'base64').toString()
  if (decoded.includes('-----BEGIN')) return decoded
  throw members.ineffective(`${key} is the Base64 of a PEM text`)
}
