import { pbkdf2Sync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram, installPackages } from '../install/index.ts'
import type { Instance, Server, ServiceHandle } from '../server.ts'
import { makeFolderFor } from '../user.ts'
import { mqttLogin } from '../wire/index.ts'

/**
 * One Mosquitto that keeps sessions and messages; it saves a change up to a tenth of a second after it has confirmed
 * it, so a kill may take the last ones. Nobody comes in without a password.
 */
export interface MosquittoService extends ServiceHandle {
  readonly address: string
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
  ports: { mqtt: 11_883 },
  lockPort: 11_882,
  missing: () => (findProgram('mosquitto') === undefined ? 'mosquitto' : undefined),
  install: print => installPackages(['mosquitto'], print),
  prepare: instance => {
    makeFolderFor(systemUser, instance.dataFolder)
    const passwords = [user, stranger].map(({ name, password }) => `${name}:${passwordHash(password)}\n`)
    writeFileSync(join(instance.folder, 'passwords'), passwords.join(''))
    writeFileSync(join(instance.folder, 'rights'), `user ${user.name}\ntopic readwrite #\n`)
    writeFileSync(settingsFile(instance), settings(instance))
    return Promise.resolve()
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
    return { name: 'mosquitto', address, url, user, stranger, connect: url }
  },
}

function settingsFile(instance: Instance): string {
  return join(instance.folder, 'mosquitto.conf')
}

function settings(instance: Instance): string {
  return [
    `listener ${instance.port('mqtt')} 127.0.0.1`,
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
