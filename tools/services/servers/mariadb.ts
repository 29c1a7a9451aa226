import { chownSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { canMakeCertificates, certificateFiles, makeCertificate } from '../certificate.ts'
import { findProgram, installPackages, runToEnd } from '../install/index.ts'
import type { Instance, Server, ServiceHandle } from '../server.ts'
import { makeFolderFor, userToRunAs } from '../user.ts'
import { greetMariadb } from '../wire/index.ts'

/** One MariaDB that writes a binary log of rows. */
export interface MariadbService extends ServiceHandle {
  /** In the clear, and over TLS; the certificate is for 127.0.0.1 and localhost, signed by itself. */
  readonly address: string
  /** File with the certificate to trust. */
  readonly authorityFile: string
  /** User with every right, replication among them; database `millrace`. */
  readonly url: string
  readonly database: string
  readonly user: { readonly name: string; readonly password: string }
  /** User that may connect, and has no rights on any table. */
  readonly stranger: { readonly name: string; readonly password: string }
  /** Runs statements with every right; answers rows as lines, columns separated by tabs. */
  query(sql: string): Promise<string>
}

declare module '../server.ts' {
  interface Services {
    mariadb: MariadbService
  }
}

const database = 'millrace'
const user = { name: 'millrace', password: 'millrace-on-loopback' }
const stranger = { name: 'stranger', password: 'stranger-on-loopback' }
const systemUser = 'mysql'

export const server: Server<MariadbService> = {
  name: 'mariadb',
  title: 'MariaDB of the system (mariadb-server), binary log of rows on',
  ports: { mysql: 13_306 },
  lockPort: 13_305,
  missing: () => {
    if (findProgram('mariadbd') === undefined) return 'mariadb-server'
    return canMakeCertificates() ? undefined : 'openssl'
  },
  install: print => installPackages(['mariadb-server', 'openssl'], print),
  prepare: async instance => {
    makeFolderFor(systemUser, instance.dataFolder)
    await makeCertificate(instance.folder)
    giveKey(instance)
    if (existsSync(join(instance.dataFolder, 'mysql'))) return
    const how = ['--auth-root-authentication-method=normal', '--skip-test-db', '--skip-name-resolve']
    await runToEnd(
      findProgram('mariadb-install-db') ?? 'mariadb-install-db',
      ['--no-defaults', `--datadir=${instance.dataFolder}`, ...how],
      { folder: instance.dataFolder, user: userToRunAs(systemUser) },
    )
  },
  processes: instance => [
    {
      name: 'server',
      command: findProgram('mariadbd') ?? 'mariadbd',
      args: ['--no-defaults', ...settings(instance)],
      user: systemUser,
      ready: signal => greetMariadb(instance.port('mysql'), signal),
    },
  ],
  populate: async instance => {
    const account = ({ name, password }: typeof user) =>
      `CREATE USER '${name}'@'%' IDENTIFIED BY '${password}'`
    const rights = `GRANT ALL ON *.* TO '${user.name}'@'%' WITH GRANT OPTION`
    await query(
      instance,
      [`CREATE DATABASE ${database}`, account(user), account(stranger), rights].join(';'),
      'mysql',
    )
  },
  handle: instance => {
    const address = `127.0.0.1:${instance.port('mysql')}`
    const url = `mysql://${user.name}:${user.password}@${address}/${database}`
    return {
      name: 'mariadb',
      address,
      authorityFile: certificateFiles(instance.folder).certificate,
      url,
      database,
      user,
      stranger,
      connect: url,
      query: sql => query(instance, sql, database),
    }
  },
}

function socket(instance: Instance): string {
  return join(instance.dataFolder, 'server.sock')
}

/** The server runs as a user of its own, and nobody else can read the key. */
function giveKey(instance: Instance): void {
  const { uid, gid } = userToRunAs(systemUser)
  if (uid !== undefined && gid !== undefined) chownSync(certificateFiles(instance.folder).key, uid, gid)
}

function settings(instance: Instance): string[] {
  const { certificate, key } = certificateFiles(instance.folder)
  return [
    `--datadir=${instance.dataFolder}`,
    '--bind-address=127.0.0.1',
    `--port=${instance.port('mysql')}`,
    `--socket=${socket(instance)}`,
    `--pid-file=${join(instance.dataFolder, 'server.pid')}`,
    '--server-id=1',
    '--log-bin=changes',
    '--binlog-format=ROW',
    '--binlog-row-metadata=FULL',
    `--ssl-cert=${certificate}`,
    `--ssl-key=${key}`,
    '--skip-name-resolve',
    '--character-set-server=utf8mb4',
    '--innodb-buffer-pool-size=64M',
    '--innodb-log-file-size=32M',
    // What a client was told is committed survives a kill of the process; only a power cut could take it.
    '--innodb-flush-log-at-trx-commit=2',
  ]
}

function query(instance: Instance, sql: string, name: string): Promise<string> {
  return runToEnd(
    findProgram('mariadb') ?? 'mariadb',
    ['--no-defaults', '--socket', socket(instance), '--user=root', '-N', '-B', name, '-e', sql],
    { folder: '/' },
  )
}
