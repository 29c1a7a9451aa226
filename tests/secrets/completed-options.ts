type Options = Readonly<Record<string, unknown>>

export interface GivenOptions {
  readonly system: string
  /** Which resource they are for: instances, rules or streams. */
  readonly kind: string
  readonly given: Options
  /** Somebody who refuses everything and tells what was sent. */
  readonly talkativeUrl: string
}

/** Options with what goes with a secret, and with an address where nobody is, or somebody who tells everything. */
export function completed(options: GivenOptions): Options {
  const { system, given, talkativeUrl } = options
  return { ...further(options), ...withPartners(system, given, talkativeUrl), ...address(options) }
}

const nobody = '127.0.0.1:9'

function address({ system, kind, given, talkativeUrl }: GivenOptions): Options {
  switch (system) {
    case 'kafka':
      return { bootstrap: nobody }
    case 'rocketmq':
      return { endpoints: [nobody] }
    case 'mail':
    case 'mysql':
    case 'postgres':
      return { host: '127.0.0.1', port: 9 }
    case 'mns':
    case 'oss':
    case 'sls':
      return { endpoint: talkativeUrl }
    case 'http':
      return kind === 'streams' ? {} : { url: talkativeUrl }
    case 'chat':
      return { url: String(given['url']).startsWith('http') ? given['url'] : `${talkativeUrl}/robot` }
    default:
      return { endpoint: nobody }
  }
}

/** What an option is not complete without. */
function further({ system, kind, given }: GivenOptions): Options {
  const isTarget = kind.endsWith('rules')
  switch (system) {
    case 'mns':
      return { accessKeyId: 'plain', accessKeySecret: 'plain', ...(isTarget ? { queue: 'q' } : {}) }
    case 'oss':
    case 'sls':
      return { accessKeyId: 'plain', accessKeySecret: 'plain' }
    case 'kafka':
      return isTarget ? { topic: 'plain' } : {}
    case 'redis':
      return isTarget ? { key: 'plain' } : {}
    case 'rocketmq':
      return {
        ...('accessSecret' in given || 'securityToken' in given
          ? { accessKey: 'plain', accessSecret: 'plain' }
          : {}),
        ...(isTarget ? { topic: 'plain' } : {}),
      }
    case 'mqtt':
      return {
        ...('password' in given ? { username: 'ada' } : {}),
        ...(isTarget ? { topic: 'plain' } : {}),
      }
    case 'nats':
      return 'password' in given ? { username: 'ada' } : {}
    case 'mail':
      return {
        ...('password' in given ? { username: 'ada', implicitTls: true } : {}),
        ...(isTarget ? { from: 'a@example.com', to: 'b@example.com' } : {}),
      }
    case 'mysql':
      return isTarget ? { table: 't' } : {}
    default:
      return {}
  }
}

/** A key of TLS goes with a certificate, and OAuth with somebody to ask. */
function withPartners(system: string, given: Options, talkativeUrl: string): Options {
  const name = system === 'mysql' ? { serverName: 'example.com' } : {}
  const key = { certificate: 'plain', key: 'plain', ...name }
  const { tls, auth } = given as { tls?: Options; auth?: Options }
  return {
    ...given,
    ...(tls === undefined ? {} : { tls: { ...key, ...tls } }),
    ...(auth !== undefined && 'tokenUrl' in auth
      ? { auth: { ...auth, tokenUrl: `${talkativeUrl}/token` } }
      : {}),
  }
}
