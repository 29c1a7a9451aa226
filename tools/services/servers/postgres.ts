import { chownSync, existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { canMakeCertificates, certificateFiles, makeCertificate } from '../certificate.ts'
import { findProgram, installPackages, runToEnd } from '../install/index.ts'
import type { Instance, Server, ServiceHandle } from '../server.ts'
import { makeFolderFor, userToRunAs } from '../user.ts'
import { greetPostgres } from '../wire/index.ts'

/** One PostgreSQL that is ready for logical replication. */
export interface PostgresService extends ServiceHandle {
  /** In the clear, and over TLS; the certificate is for 127.0.0.1 and localhost, signed by itself. */
  readonly address: string
  /** File with the certificate to trust. */
  readonly authorityFile: string
  /** Owner of everything, with the right of replication; database `millrace`. */
  readonly url: string
  readonly database: string
  readonly user: { readonly name: string; readonly password: string }
  /** User that may connect, and has no rights on any table. */
  readonly stranger: { readonly name: string; readonly password: string }
  /** Runs statements as the owner; answers rows as lines, columns separated by `|`. */
  query(sql: string): Promise<string>
}

declare module '../server.ts' {
  interface Services {
    postgres: PostgresService
  }
}

const database = 'millrace'
const user = { name: 'millrace', password: 'millrace-on-loopback' }
const stranger = { name: 'stranger', password: 'stranger-on-loopback' }
const systemUser = 'postgres'
const versionsFolder = '/usr/lib/postgresql'

export const server: Server<PostgresService> = {
  name: 'postgres',
  title: 'PostgreSQL of the system (postgresql), logical replication on',
  ports: { postgres: 15_432 },
  lockPort: 15_431,
  missing: () => {
    if (program('postgres') === undefined) return 'postgresql'
    return canMakeCertificates() ? undefined : 'openssl'
  },
  install: print => installPackages(['postgresql', 'openssl'], print),
  prepare: async instance => {
    makeFolderFor(systemUser, instance.dataFolder)
    makeFolderFor(systemUser, socketFolder(instance))
    await makeCertificate(instance.folder)
    giveKey(instance)
    if (existsSync(join(instance.dataFolder, 'PG_VERSION'))) return
    const password = join(instance.folder, 'password')
    writeFileSync(password, user.password)
    const login = ['--username', user.name, '--pwfile', password]
    const rules = ['--auth-local=trust', '--auth-host=scram-sha-256']
    const how = ['--encoding=UTF8', '--locale=C.UTF-8', '--no-sync', '--pgdata', instance.dataFolder]
    const owner = userToRunAs(systemUser)
    await runToEnd(program('initdb') ?? 'initdb', [...login, ...rules, ...how], {
      folder: instance.folder,
      user: owner,
    })
  },
  processes: instance => [
    {
      name: 'server',
      command: program('postgres') ?? 'postgres',
      args: ['-D', instance.dataFolder, ...Object.entries(settings(instance)).flatMap(asOption)],
      user: systemUser,
      stopSignal: 'SIGINT',
      ready: signal => greetPostgres(instance.port('postgres'), user.name, signal),
    },
  ],
  populate: async instance => {
    await query(instance, 'postgres', `CREATE DATABASE ${database}`)
    await query(instance, database, `CREATE ROLE ${stranger.name} LOGIN PASSWORD '${stranger.password}'`)
  },
  handle: instance => {
    const address = `127.0.0.1:${instance.port('postgres')}`
    const url = `postgresql://${user.name}:${user.password}@${address}/${database}`
    return {
      name: 'postgres',
      address,
      authorityFile: certificateFiles(instance.folder).certificate,
      url,
      database,
      user,
      stranger,
      connect: url,
      query: sql => query(instance, database, sql),
    }
  },
}

/** The newest version's program: Debian keeps each version in a folder that is on no path. */
function program(name: string): string | undefined {
  const versions = existsSync(versionsFolder) ? readdirSync(versionsFolder) : []
  const newest = versions.toSorted((left, right) => Number(right) - Number(left))
  return findProgram(
    name,
    newest.map(version => join(versionsFolder, version, 'bin')),
  )
}

function socketFolder(instance: Instance): string {
  return join(instance.folder, 'socket')
}

/** The server takes a key only when nobody else can read it. */
function giveKey(instance: Instance): void {
  const { uid, gid } = userToRunAs(systemUser)
  if (uid !== undefined && gid !== undefined) chownSync(certificateFiles(instance.folder).key, uid, gid)
}

function settings(instance: Instance): Readonly<Record<string, string>> {
  const { certificate, key } = certificateFiles(instance.folder)
  return {
    listen_addresses: '127.0.0.1',
    port: String(instance.port('postgres')),
    unix_socket_directories: socketFolder(instance),
    ssl: 'on',
    ssl_cert_file: certificate,
    ssl_key_file: key,
    wal_level: 'logical',
    max_wal_senders: '24',
    max_replication_slots: '24',
    max_connections: '60',
    shared_buffers: '64MB',
    // What a client was told is committed survives a kill of the processes; only a power cut could take it.
    fsync: 'off',
  }
}

function asOption([name, value]: [string, string]): string[] {
  return ['-c', `${name}=${value}`]
}

function query(instance: Instance, name: string, sql: string): Promise<string> {
  return runToEnd(
    program('psql') ?? 'psql',
    ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d', name, '-c', sql],
    {
      environment: {
        PGHOST: socketFolder(instance),
        PGPORT: String(instance.port('postgres')),
        PGUSER: user.name,
      },
      user: userToRunAs(systemUser),
      folder: '/',
    },
  )
}
