import { spawn } from 'node:child_process'
import { networkInterfaces } from 'node:os'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { NetworkSpec } from '../../../resources/index.ts'
import type { NetworkMechanism, NetworkTarget } from './network.ts'
import { routes } from './routes.ts'

/** Where code finds the resolver of names. */
export const slirpResolver = '10.0.2.3'

export interface SlirpPrograms {
  readonly slirp4netns: string
  readonly nsenter: string
  readonly ip: string
}

/**
 * Connects namespaces by `slirp4netns`: what code sends goes out as if the server had sent it, by a program without
 * rights, and not to the machine itself. IPv4 only.
 */
export class SlirpNetwork implements NetworkMechanism {
  readonly kind = 'slirp4netns'
  readonly weaknesses: readonly string[] = []
  readonly #programs: SlirpPrograms
  readonly #allowPrivate: boolean

  constructor(programs: SlirpPrograms, allowPrivate: boolean) {
    this.#programs = programs
    this.#allowPrivate = allowPrivate
  }

  separates(): boolean {
    return true
  }

  async connect(network: NetworkSpec, target: NetworkTarget): Promise<Disposable> {
    if (network === 'off') return { [Symbol.dispose]: () => {} }
    await this.#close(network, target)
    return await this.#open(target)
  }

  /** First what is refused, then the way out. */
  async #close(network: NetworkSpec, target: NetworkTarget): Promise<void> {
    const { nsenter, ip } = this.#programs
    const options = { allowPrivate: this.#allowPrivate, own: ownAddresses() }
    const user = target.inUserNamespace
      ? [`--user=/proc/${target.processId}/ns/user`, '--preserve-credentials']
      : []
    const args = [...user, `--net=/proc/${target.processId}/ns/net`, ip, '-batch', '-']
    const child = spawn(nsenter, args, { stdio: ['pipe', 'ignore', 'pipe'], env: {} })
    const status = new Promise<number | null>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', resolve)
    })
    child.stdin.on('error', () => {})
    child.stdin.end(`${routes(network, options).join('\n')}\n`)
    const [code, errors] = await Promise.all([status, text(child.stderr)])
    if (code !== 0) throw new Error(`the network of an instance could not be closed: ${errors.trim()}`)
  }

  #open({ processId, inUserNamespace }: NetworkTarget): Promise<Disposable> {
    const user = inUserNamespace ? [`--userns-path=/proc/${processId}/ns/user`] : []
    const own = ['--netns-type=path', `/proc/${processId}/ns/net`, 'tap0']
    const child = spawn(
      this.#programs.slirp4netns,
      [
        '--configure',
        '--mtu=65520',
        '--disable-host-loopback',
        '--enable-seccomp',
        '--ready-fd=3',
        // It ends when the server does.
        '--exit-fd=4',
        ...user,
        ...own,
      ],
      {
        detached: true,
        stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
        env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
      },
    )
    let errors = ''
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      errors = `${errors}${chunk}`.slice(-200)
    })
    child.stdio[4]?.on('error', () => {})
    return new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('exit', () => reject(new Error(`slirp4netns ended: ${errors.trim()}`)))
      const ready = child.stdio[3] as Readable
      ready.once('data', () => resolve({ [Symbol.dispose]: () => void child.kill('SIGKILL') }))
      ready.on('error', () => {})
    })
  }
}

function ownAddresses(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap(list => list ?? [])
  return addresses
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address)
}
