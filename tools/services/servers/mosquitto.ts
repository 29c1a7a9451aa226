import { pbkdf2Sync } from 'node:crypto'
import { chownSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { canMakeCertificates, certificateFiles, makeCertificate } from '../certificate.ts'
import { findProgram, installPackages } from '../install/index.ts'
import type { Instance, Server, ServiceHandle } from '../server.ts'
import { makeFolderFor, userToRunAs } from '../user.ts'
import { mqttLogin } from '../wire/index.ts'

/**
 * One Mosquitto that keeps sessions and messages; it saves a change up to a tenth of a second after it has confirmed
 * it, so a kill may take the last ones. Nobody comes in without a password.
 */
export interface MosquittoService extends ServiceHandle {
  readonly address: string
  /** Over TLS, for clients that show a certificate; the server's is for 127.0.0.1 and localhost, signed by itself. */
  readonly tlsAddress: string
  /** File with the certificate to trust, and to show: the server takes its own, too. */
  readonly authorityFile: string
  /** File with its key. */
  readonly keyFile: string
  /** MQTT with the user that has every right. */
  readonly url: string
  readonly user: { readonly name: string; readonly password: string }
  /** User that may connect, and neither publish nor subscribe. */
  readonly stranger: { readonly name: string; readonly password: string }
}

declare module '../server.ts' {
  interface Services {
    mosquitto: MosquittoService
  }
}

const user = { name: 'millrace', password: 'millrace-on-loopback' }
const stranger = { name: 'stranger', password: 'stranger-on-loopback' }
const systemUser = 'mosquitto'
const passwordRounds = 101

export const server: Server<MosquittoService> = {
  name: 'mosquitto',
  title: 'Eclipse Mosquitto of the system (mosquitto), MQTT',
  ports: { mqtt: 11_883, tls: 11_884 },
  lockPort: 11_882,
  missing: () => {
    if (findProgram('mosquitto') === undefined) return 'mosquitto'
    return canMakeCertificates() ? undefined : 'openssl'
  },
  install: print => installPackages(['mosquitto', 'openssl'], print),
  prepare: async instance => {
    makeFolderFor(systemUser, instance.dataFolder)
    await makeCertificate(instance.folder)
    const { uid, gid } = userToRunAs(systemUser)
    if (uid !== undefined && gid !== undefined) chownSync(certificateFiles(instance.folder).key, uid, gid)
    const passwords = [user, stranger].map(({ name, password }) => `${name}:${passwordHash(password)}\n`)
    writeFileSync(join(instance.folder, 'passwords'), passwords.join(''))
    writeFileSync(join(instance.folder, 'rights'), `user ${user.name}\ntopic readwrite #\n`)
    writeFileSync(settingsFile(instance), settings(instance))
  },
  processes: instance => [
    {
      name: 'server',
      command: findProgram('mosquitto') ?? 'mosquitto',
      args: ['-c', settingsFile(instance)],
      user: systemUser,
      ready: signal => mqttLogin(instance.port('mqtt'), user, signal),
    },
  ],
  handle: instance => {
    const address = `127.0.0.1:${instance.port('mqtt')}`
    const url = `mqtt://${user.name}:${user.password}@${address}`
    const { certificate: authorityFile, key: keyFile } = certificateFiles(instance.folder)
    const tlsAddress = `127.0.0.1:${instance.port('tls')}`
    return {
      name: 'mosquitto',
      address,
      tlsAddress,
      authorityFile,
      keyFile,
      url,
      user,
      stranger,
      connect: url,
    }
  },
}

function settingsFile(instance: Instance): string {
  return join(instance.folder, 'mosquitto.conf')
}

function settings(instance: Instance): string {
  const { certificate, key } = certificateFiles(instance.folder)
  return [
    `listener ${instance.port('mqtt')} 127.0.0.1`,
    `listener ${instance.port('tls')} 127.0.0.1`,
    `cafile ${certificate}`,
    `certfile ${certificate}`,
    `keyfile ${key}`,
    'require_certificate true',
    'allow_anonymous false',
    `password_file ${join(instance.folder, 'passwords')}`,
    `acl_file ${join(instance.folder, 'rights')}`,
    'persistence true',
    `persistence_location ${instance.dataFolder}/`,
    // Saved soon after every change: it writes nothing at a kill.
    'autosave_on_changes true',
    'autosave_interval 1',
    'max_queued_messages 0',
    'log_dest stderr',
    '',
  ].join('\n')
}

/** The format of `mosquitto_passwd`. The salt is fixed: nothing here is a secret. */
function passwordHash(password: string): string {
  const salt = Buffer.from('millrace-mqt')
  const sum = pbkdf2Sync(password, salt, passwordRounds, 64, 'sha512')
  return `$7$${passwordRounds}$${salt.toString('base64')}$${sum.toString('base64')}`
}
