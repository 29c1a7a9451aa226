import { checkTls, defineConnector, optionRefusal } from '@millrace/spi'
import { parameterNames } from './commands.ts'
import { parseEndpoint, RedisConnection, RedisSinkOptions, RedisSourceOptions } from './options.ts'
import { RedisSink } from './sink.ts'
import { RedisSource } from './source.ts'
import { startId } from './start.ts'

/** Redis and Valkey: streams to read from; streams, hashes, lists and channels to write to. See the README for its semantics. */
export const connector = defineConnector({
  system: 'redis',
  title: 'Redis',
  connection: RedisConnection,
  source: {
    options: RedisSourceOptions,
    tasksMax: 64,
    ordered: false,
    check: options => {
      const { start, streams, ...rest } = options as RedisSourceOptions
      checkConnection(rest)
      if (startId(start) === undefined) throw optionRefusal('redis', 'start.time', 'is no RFC 3339 time')
      if (new Set(streams).size < streams.length)
        throw optionRefusal('redis', 'streams', 'names a stream twice')
    },
    open: (options, context) => new RedisSource(options as RedisSourceOptions, context),
  },
  sink: {
    options: RedisSinkOptions,
    recordsMax: 1_000,
    parameters: parameterNames,
    check: options => {
      const { type, lengthMax, ...rest } = options as RedisSinkOptions
      checkConnection(rest)
      if (lengthMax !== undefined && (type === 'hash' || type === 'channel')) {
        throw optionRefusal('redis', 'lengthMax', 'is for streams and lists')
      }
    },
    open: (options, context) => new RedisSink(options as RedisSinkOptions, context),
  },
})

function checkConnection({
  endpoint,
  tls,
  username,
  password,
}: Pick<RedisConnection, 'endpoint' | 'tls' | 'username' | 'password'>): void {
  try {
    parseEndpoint(endpoint)
  } catch (thrown) {
    throw optionRefusal('redis', 'endpoint', (thrown as Error).message)
  }
  if (username !== undefined && password === undefined) {
    throw optionRefusal('redis', 'password', 'is missing for the username')
  }
  checkTls('redis', tls)
}
