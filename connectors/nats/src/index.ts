import { checkTls, defineConnector, optionRefusal } from '@millrace/spi'
import { NatsConnection, NatsSinkOptions, NatsSourceOptions, parseEndpoint } from './options.ts'
import { parameterNames } from './publication.ts'
import { NatsSink } from './sink.ts'
import { NatsSource } from './source.ts'
import { startPolicy } from './start.ts'

/** NATS JetStream: consumers to read by, subjects to publish to. See the README for its semantics. */
export const connector = defineConnector({
  system: 'nats',
  title: 'NATS JetStream',
  connection: NatsConnection,
  source: {
    options: NatsSourceOptions,
    tasksMax: 64,
    ordered: false,
    check: options => {
      const { start, makeConsumer, streamSubjects, ...rest } = options as NatsSourceOptions
      checkConnection(rest)
      if (startPolicy(start) === undefined) throw optionRefusal('nats', 'start.time', 'is no RFC 3339 time')
      if (streamSubjects !== undefined && !makeConsumer) {
        throw optionRefusal('nats', 'streamSubjects', 'goes with makeConsumer: a new stream has no consumer')
      }
    },
    open: (options, context) => new NatsSource(options as NatsSourceOptions, context),
  },
  sink: {
    options: NatsSinkOptions,
    recordsMax: 1_000,
    parameters: parameterNames,
    check: options => checkConnection(options as NatsSinkOptions),
    open: (options, context) => new NatsSink(options as NatsSinkOptions, context),
  },
})

type Access = Pick<
  NatsConnection,
  'endpoint' | 'tls' | 'username' | 'password' | 'token' | 'nkeySeed' | 'credentials'
>

function checkConnection({ endpoint, tls, username, password, token, nkeySeed, credentials }: Access): void {
  try {
    parseEndpoint(endpoint)
  } catch (thrown) {
    throw optionRefusal('nats', 'endpoint', (thrown as Error).message)
  }
  if ((username === undefined) !== (password === undefined)) {
    throw optionRefusal('nats', 'password', 'and username go together')
  }
  const ways = Object.entries({ username, token, nkeySeed, credentials }).filter(
    ([, value]) => value !== undefined,
  )
  if (ways.length > 1) {
    throw optionRefusal('nats', ways[1]![0], `does not go with ${ways[0]![0]}: there is one way to get in`)
  }
  checkTls('nats', tls)
}
