import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildGoProgram, findGo, findProgram, installPackages, runToEnd } from '../install/index.ts'
import { cacheFolder } from '../place.ts'
import type { Instance, Server, ServiceHandle } from '../server.ts'
import { httpAnswers, type S3Answer, type S3Call, s3Request } from '../wire/index.ts'

/** One S3 server over a folder, with notifications. Nobody comes in without an access key. */
export interface VersitygwService extends ServiceHandle {
  /** Host and port that speak HTTP. */
  readonly address: string
  readonly url: string
  /** The same buckets over TLS; the certificate is for 127.0.0.1 and localhost, signed by itself. */
  readonly tlsUrl: string
  /** PEM file to trust for `tlsUrl`. */
  readonly authorityFile: string
  readonly region: string
  /** Access key with every right: its id, and its secret. */
  readonly user: { readonly name: string; readonly password: string }
  /** Access key that may sign, and do nothing in the buckets of others. */
  readonly stranger: { readonly name: string; readonly password: string }
  /** One signed request of the user who may do everything; whatever the answer is. */
  request(call: S3Call): Promise<S3Answer>
  /** Makes a bucket; one that is there is left as it is. */
  createBucket(name: string): Promise<void>
  /**
   * From now on posts the notifications of a bucket to an address of this machine, each again and again until it is answered
   * 2xx, several at once. Disposing ends that.
   */
  notify(bucket: string, url: string): Promise<AsyncDisposable>
}

declare module '../server.ts' {
  interface Services {
    versitygw: VersitygwService
  }
}

const version = '1.0.14'
const region = 'us-east-1'
const user = { name: 'millrace', password: 'millrace-on-loopback' }
const stranger = { name: 'stranger', password: 'stranger-on-loopback' }
const exchangeWithinMs = 5_000

const moduleFolder = join(import.meta.dirname, 'versitygw')
const relay = fileURLToPath(new URL('versitygw/relay.ts', import.meta.url))
const cache = () => cacheFolder(`versitygw-${version}`)
const program = () => join(cache(), 'versitygw')
const tls = () => join(cache(), 'tls')

export const server: Server<VersitygwService> = {
  name: 'versitygw',
  title: `Versity S3 Gateway ${version} over a folder, with notifications`,
  ports: { s3: 19_871, tls: 19_872, notifications: 19_873 },
  lockPort: 19_870,
  missing: () => {
    if (existsSync(program()) && existsSync(tls())) return undefined
    return findGo() === undefined ? 'Go' : 'its program'
  },
  install: async print => {
    const source = 'github.com/versity/versitygw/cmd/versitygw'
    await buildGoProgram({ module: moduleFolder, source, program: program() }, print)
    await makeCertificate(print)
  },
  prepare: instance => {
    for (const path of [instance.dataFolder, keysFolder(instance)]) mkdirSync(path, { recursive: true })
    return Promise.resolve()
  },
  processes: instance => [
    {
      name: 'notifications',
      command: process.execPath,
      args: [relay, String(instance.port('notifications'))],
      ready: signal => httpAnswers(`http://127.0.0.1:${instance.port('notifications')}/`, signal),
    },
    gateway(instance, 's3', []),
    gateway(instance, 'tls', ['--cert', join(tls(), 'authority.pem'), '--key', join(tls(), 'key.pem')]),
  ],
  populate: async instance => {
    const endpoint = ['--endpoint-url', `http://127.0.0.1:${instance.port('s3')}`]
    const asAdmin = ['--access', user.name, '--secret', user.password, ...endpoint]
    const account = ['--access', stranger.name, '--secret', stranger.password, '--role', 'user']
    await runToEnd(program(), ['admin', ...asAdmin, 'create-user', ...account])
  },
  handle,
}

/** Two processes share the folder: one program speaks either HTTP or HTTPS. */
function gateway(instance: Instance, role: 's3' | 'tls', settings: readonly string[]) {
  const port = instance.port(role)
  return {
    name: `gateway (${role})`,
    command: program(),
    args: [
      ['--port', `127.0.0.1:${port}`, '--region', region, '--iam-dir', keysFolder(instance), '--quiet'],
      // Without the cache an access key counts from the moment at which it was made, for both processes.
      ['--iam-cache-disable', '--event-webhook-url', `http://127.0.0.1:${instance.port('notifications')}/`],
      settings,
      ['posix', instance.dataFolder],
    ].flat(),
    environment: { ROOT_ACCESS_KEY: user.name, ROOT_SECRET_KEY: user.password },
    ready: async (signal: AbortSignal) => {
      if (role === 's3') await s3Request(port, { region, user }, { method: 'GET', path: '/' }, signal)
      else await httpAnswers(`https://127.0.0.1:${port}/`, signal)
    },
  }
}

function handle(instance: Instance): VersitygwService {
  const port = instance.port('s3')
  const address = `127.0.0.1:${port}`
  const request = (call: S3Call): Promise<S3Answer> =>
    s3Request(port, { region, user }, call, AbortSignal.timeout(exchangeWithinMs))
  return {
    name: 'versitygw',
    address,
    url: `http://${address}`,
    tlsUrl: `https://127.0.0.1:${instance.port('tls')}`,
    authorityFile: join(tls(), 'authority.pem'),
    region,
    user,
    stranger,
    connect: `http://${address} access key ${user.name}, secret ${user.password}, region ${region}, path style`,
    request,
    createBucket: async name => {
      const { status, body } = await request({ method: 'PUT', path: `/${name}` })
      if (status !== 200 && !body.includes('BucketAlreadyOwnedByYou')) {
        throw new Error(`bucket ${name} was not made: ${status} ${body}`)
      }
    },
    notify: async (bucket, url) => {
      const place = `http://127.0.0.1:${instance.port('notifications')}/subscribers/${bucket}`
      const subscriber = `${place}?url=${encodeURIComponent(url)}`
      await httpAnswers(subscriber, AbortSignal.timeout(exchangeWithinMs), 'PUT')
      return {
        [Symbol.asyncDispose]: () =>
          httpAnswers(subscriber, AbortSignal.timeout(exchangeWithinMs), 'DELETE').catch(() => {}),
      }
    },
  }
}

function keysFolder(instance: Instance): string {
  return join(instance.folder, 'keys')
}

async function makeCertificate(print: (line: string) => void): Promise<void> {
  if (existsSync(tls())) return
  if (findProgram('openssl') === undefined) await installPackages(['openssl'], print)
  const partial = `${tls()}.partial`
  rmSync(partial, { recursive: true, force: true })
  mkdirSync(partial, { recursive: true })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost']
  const files = ['-keyout', join(partial, 'key.pem'), '-out', join(partial, 'authority.pem')]
  await runToEnd('openssl', ['req', '-x509', '-days', '3650', ...key, ...subject, ...files])
  renameSync(partial, tls())
}
