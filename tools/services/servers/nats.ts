import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram, installPackages } from '../install/index.ts'
import type { Instance, Server, ServiceHandle } from '../server.ts'
import { natsLogin } from '../wire/index.ts'

/** One NATS server with JetStream. Nobody comes in without a password. */
export interface NatsService extends ServiceHandle {
  readonly address: string
  /** With the user that has every right. */
  readonly url: string
  readonly user: { readonly name: string; readonly password: string }
  /** User that may connect, and neither publish nor subscribe. */
  readonly stranger: { readonly name: string; readonly password: string }
}

declare module '../server.ts' {
  interface Services {
    nats: NatsService
  }
}

const user = { name: 'millrace', password: 'millrace-on-loopback' }
const stranger = { name: 'stranger', password: 'stranger-on-loopback' }

export const server: Server<NatsService> = {
  name: 'nats',
  title: 'NATS of the system (nats-server) with JetStream',
  ports: { nats: 14_222 },
  lockPort: 14_221,
  missing: () => (findProgram('nats-server') === undefined ? 'nats-server' : undefined),
  install: print => installPackages(['nats-server'], print),
  prepare: instance => {
    mkdirSync(instance.dataFolder, { recursive: true })
    writeFileSync(settingsFile(instance), settings(instance))
    return Promise.resolve()
  },
  processes: instance => [
    {
      name: 'server',
      command: findProgram('nats-server') ?? 'nats-server',
      args: ['-c', settingsFile(instance)],
      ready: signal => natsLogin(instance.port('nats'), user, signal),
    },
  ],
  handle: instance => {
    const address = `127.0.0.1:${instance.port('nats')}`
    const url = `nats://${user.name}:${user.password}@${address}`
    return { name: 'nats', address, url, user, stranger, connect: url }
  },
}

function settingsFile(instance: Instance): string {
  return join(instance.folder, 'nats.conf')
}

function settings(instance: Instance): string {
  const login = ({ name, password }: typeof user) => `user: ${name}, password: "${password}"`
  return [
    `listen: "127.0.0.1:${instance.port('nats')}"`,
    `jetstream { store_dir: "${instance.dataFolder}", max_memory_store: 64MB, max_file_store: 2GB }`,
    'authorization { users: [',
    `  { ${login(user)} }`,
    `  { ${login(stranger)}, permissions: { publish: { deny: ">" }, subscribe: { deny: ">" } } }`,
    '] }',
    '',
  ].join('\n')
}
