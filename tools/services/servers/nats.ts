import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { canMakeCertificates, certificateFiles, makeCertificate } from '../certificate.ts'
import { findProgram, installPackages } from '../install/index.ts'
import type { Instance, Server, ServiceHandle } from '../server.ts'
import { natsLogin } from '../wire/index.ts'

/** One NATS server with JetStream. Nobody comes in without a password or key. */
export interface NatsService extends ServiceHandle {
  /** In the clear, or with TLS: the client decides. The certificate is for 127.0.0.1 and localhost, signed by itself. */
  readonly address: string
  /** File with the certificate to trust. */
  readonly authorityFile: string
  /** With the user that has every right. */
  readonly url: string
  readonly user: { readonly name: string; readonly password: string }
  /** User that may connect, and neither publish nor subscribe. */
  readonly stranger: { readonly name: string; readonly password: string }
  /** Seed of the NKey of a user with every right. */
  readonly nkeySeed: string
}

declare module '../server.ts' {
  interface Services {
    nats: NatsService
  }
}

const user = { name: 'millrace', password: 'millrace-on-loopback' }
const stranger = { name: 'stranger', password: 'stranger-on-loopback' }
const nkey = {
  seed: 'SUAG4KQX6YRAMN6GSDSJMJYZMYR7M4YYYXEZZEB7VGSDDRQ62RAVMSUMKM',
  name: 'UAHLNSU6FNUY5IHZU4LCHBESZJLMHHBZ5U2R7OZ7C2TP3WAGXRDVUG4R',
}

export const server: Server<NatsService> = {
  name: 'nats',
  title: 'NATS of the system (nats-server) with JetStream',
  ports: { nats: 14_222 },
  lockPort: 14_221,
  missing: () => {
    if (findProgram('nats-server') === undefined) return 'nats-server'
    return canMakeCertificates() ? undefined : 'openssl'
  },
  install: print => installPackages(['nats-server', 'openssl'], print),
  prepare: async instance => {
    mkdirSync(instance.dataFolder, { recursive: true })
    await makeCertificate(instance.folder)
    writeFileSync(settingsFile(instance), settings(instance))
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
    const authorityFile = certificateFiles(instance.folder).certificate
    return { name: 'nats', address, authorityFile, url, user, stranger, nkeySeed: nkey.seed, connect: url }
  },
}

function settingsFile(instance: Instance): string {
  return join(instance.folder, 'nats.conf')
}

function settings(instance: Instance): string {
  const login = ({ name, password }: typeof user) => `user: ${name}, password: "${password}"`
  const { certificate, key } = certificateFiles(instance.folder)
  return [
    `listen: "127.0.0.1:${instance.port('nats')}"`,
    `jetstream { store_dir: "${instance.dataFolder}", max_memory_store: 64MB, max_file_store: 2GB }`,
    `tls { cert_file: "${certificate}", key_file: "${key}" }`,
    'allow_non_tls: true',
    'authorization { users: [',
    `  { ${login(user)} }`,
    `  { nkey: ${nkey.name} }`,
    `  { ${login(stranger)}, permissions: { publish: { deny: ">" }, subscribe: { deny: ">" } } }`,
    '] }',
    '',
  ].join('\n')
}
