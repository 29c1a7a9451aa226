import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { canMakeCertificates, certificateFiles, makeCertificate } from '../certificate.ts'
import { findProgram, installPackages } from '../install/index.ts'
import type { Instance, Server, ServiceHandle } from '../server.ts'
import { redisCommand } from '../wire/index.ts'

/** One Redis that keeps what it confirmed. */
export interface RedisService extends ServiceHandle {
  readonly address: string
  /** The same over TLS; the certificate is for 127.0.0.1 and localhost, signed by itself. */
  readonly tlsAddress: string
  /** File with the certificate to trust. */
  readonly authorityFile: string
  /** With the user that has every right. The default user needs no password and has every right, too. */
  readonly url: string
  readonly user: { readonly name: string; readonly password: string }
  /** User that may log in and do nothing but `PING`. */
  readonly stranger: { readonly name: string; readonly password: string }
  /** One command; its answer as the protocol writes it, without the line's end. */
  command(...words: readonly string[]): Promise<string>
}

declare module '../server.ts' {
  interface Services {
    redis: RedisService
  }
}

const user = { name: 'millrace', password: 'millrace-on-loopback' }
const stranger = { name: 'stranger', password: 'stranger-on-loopback' }
const commandWithinMs = 5_000

export const server: Server<RedisService> = {
  name: 'redis',
  title: 'Redis of the system (redis-server)',
  ports: { redis: 16_379, tls: 16_380 },
  lockPort: 16_378,
  missing: () => {
    if (findProgram('redis-server') === undefined) return 'redis-server'
    return canMakeCertificates() ? undefined : 'openssl'
  },
  install: print => installPackages(['redis-server', 'openssl'], print),
  prepare: async instance => {
    mkdirSync(instance.dataFolder, { recursive: true })
    await makeCertificate(instance.folder)
    writeFileSync(settingsFile(instance), settings(instance))
  },
  processes: instance => [
    {
      name: 'server',
      command: findProgram('redis-server') ?? 'redis-server',
      args: [settingsFile(instance)],
      ready: async signal => {
        const answer = await redisCommand(instance.port('redis'), ['PING'], signal)
        if (answer !== '+PONG') throw new Error(`redis answered ${answer}`)
      },
    },
  ],
  handle: instance => {
    const address = `127.0.0.1:${instance.port('redis')}`
    const url = `redis://${user.name}:${user.password}@${address}`
    return {
      name: 'redis',
      address,
      tlsAddress: `127.0.0.1:${instance.port('tls')}`,
      authorityFile: certificateFiles(instance.folder).certificate,
      url,
      user,
      stranger,
      connect: url,
      command: (...words) =>
        redisCommand(instance.port('redis'), words, AbortSignal.timeout(commandWithinMs)),
    }
  },
}

function settingsFile(instance: Instance): string {
  return join(instance.folder, 'redis.conf')
}

function settings(instance: Instance): string {
  const { certificate, key } = certificateFiles(instance.folder)
  return [
    'bind 127.0.0.1',
    `port ${instance.port('redis')}`,
    `tls-port ${instance.port('tls')}`,
    `tls-cert-file ${certificate}`,
    `tls-key-file ${key}`,
    'tls-auth-clients no',
    `dir ${instance.dataFolder}`,
    'appendonly yes',
    'save ""',
    'maxmemory 256mb',
    'user default on nopass ~* &* +@all',
    `user ${user.name} on >${user.password} ~* &* +@all`,
    `user ${stranger.name} on >${stranger.password} -@all +ping`,
    '',
  ].join('\n')
}
