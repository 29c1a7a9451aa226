import { createHash } from 'node:crypto'
import { chownSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram, installPackages } from '../install/index.ts'
import type { Instance, Server, ServiceHandle } from '../server.ts'
import { makeFolderFor, userToRunAs } from '../user.ts'
import { amqpLogin, askPortMapper } from '../wire/index.ts'

/** One node of RabbitMQ without the management plug-in. */
export interface RabbitmqService extends ServiceHandle {
  readonly address: string
  /** AMQP 0-9-1 with the user that has every right, virtual host `/`. */
  readonly url: string
  /** User with every right. */
  readonly user: { readonly name: string; readonly password: string }
  /** User that may log in, and neither configure, write nor read anything. */
  readonly stranger: { readonly name: string; readonly password: string }
}

declare module '../server.ts' {
  interface Services {
    rabbitmq: RabbitmqService
  }
}

const user = { name: 'millrace', password: 'millrace-on-loopback' }
const stranger = { name: 'stranger', password: 'stranger-on-loopback' }
const systemUser = 'rabbitmq'

/** Without the wrapper of the system, which insists on the system's user and folders. */
const scripts = '/usr/lib/rabbitmq/bin'

export const server: Server<RabbitmqService> = {
  name: 'rabbitmq',
  title: 'RabbitMQ of the system (rabbitmq-server), AMQP 0-9-1, one node',
  ports: { amqp: 15_673, distribution: 15_674, portMapper: 15_675 },
  lockPort: 15_672,
  missing: () => (program() === undefined || portMapper() === undefined ? 'rabbitmq-server' : undefined),
  install: print => installPackages(['rabbitmq-server'], print),
  prepare: instance => {
    const folder = (name: string) => join(instance.folder, name)
    for (const path of [instance.dataFolder, folder('logs'), folder('home')]) makeFolderFor(systemUser, path)
    writeFileSync(folder('rabbitmq.conf'), settings(instance))
    writeFileSync(folder('definitions.json'), JSON.stringify(definitions()))
    if (!existsSync(folder('plugins'))) writeFileSync(folder('plugins'), '[].\n')
    const { uid, gid } = userToRunAs(systemUser)
    if (uid !== undefined && gid !== undefined) chownSync(folder('plugins'), uid, gid)
    return Promise.resolve()
  },
  processes: instance => [
    {
      name: 'port mapper',
      command: portMapper() ?? 'epmd',
      args: ['-port', String(instance.port('portMapper')), '-address', '127.0.0.1'],
      user: systemUser,
      ready: signal => askPortMapper(instance.port('portMapper'), signal),
    },
    {
      name: 'node',
      command: program() ?? 'rabbitmq-server',
      args: [],
      environment: environment(instance),
      user: systemUser,
      ready: signal => amqpLogin(instance.port('amqp'), user, signal),
    },
  ],
  handle: instance => {
    const address = `127.0.0.1:${instance.port('amqp')}`
    const url = `amqp://${user.name}:${user.password}@${address}`
    return { name: 'rabbitmq', address, url, user, stranger, connect: url }
  },
}

function program(): string | undefined {
  return findProgram('rabbitmq-server', [scripts])
}

function portMapper(): string | undefined {
  return findProgram('epmd')
}

function environment(instance: Instance): Record<string, string> {
  const folder = (name: string) => join(instance.folder, name)
  return {
    HOME: folder('home'),
    ERL_EPMD_PORT: String(instance.port('portMapper')),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: `millrace-${instance.port('amqp')}@localhost`,
    RABBITMQ_DIST_PORT: String(instance.port('distribution')),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_CONFIG_FILE: folder('rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: folder('plugins'),
    RABBITMQ_MNESIA_BASE: instance.dataFolder,
    RABBITMQ_LOG_BASE: folder('logs'),
    RABBITMQ_LOGS: '-',
    RABBITMQ_PID_FILE: folder('home/node.pid'),
    // One scheduler is enough for tests, and idle ones must not spin beside the tests' own work.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
      '+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none -start_epmd false -kernel inet_dist_use_interface {127,0,0,1}',
    // Keeps the shell script out of the way of signals: the process that is started is the node.
    RUNNING_UNDER_SYSTEMD: 'true',
  }
}

function settings(instance: Instance): string {
  return [
    'listeners.tcp.1 = 127.0.0.1:' + String(instance.port('amqp')),
    `load_definitions = ${join(instance.folder, 'definitions.json')}`,
    'vm_memory_high_watermark.absolute = 512MB',
    'disk_free_limit.absolute = 50MB',
    'log.console = true',
    'log.console.level = warning',
    'log.file = false',
    '',
  ].join('\n')
}

/** Read at every start; what is there already stays. */
function definitions() {
  return {
    users: [user, stranger].map(({ name, password }) => ({
      name,
      password_hash: passwordHash(password),
      hashing_algorithm: 'rabbit_password_hashing_sha256',
      tags: name === user.name ? ['administrator'] : [],
    })),
    vhosts: [{ name: '/' }],
    permissions: [
      { user: user.name, vhost: '/', configure: '.*', write: '.*', read: '.*' },
      { user: stranger.name, vhost: '/', configure: '^$', write: '^$', read: '^$' },
    ],
  }
}

/** Four bytes of salt, then the sum of salt and password. The salt is fixed: nothing here is a secret. */
function passwordHash(password: string): string {
  const salt = Buffer.from([1, 2, 3, 4])
  const sum = createHash('sha256').update(salt).update(password).digest()
  return Buffer.concat([salt, sum]).toString('base64')
}
