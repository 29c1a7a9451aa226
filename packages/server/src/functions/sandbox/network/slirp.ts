import { networkInterfaces } from 'node:os'
import type { NetworkSpec } from '../../../resources/index.ts'
import { quoted } from '../shell.ts'
import { connectionDescriptors, type NetworkMechanism } from './network.ts'
import { routes } from './routes.ts'

/** Where code finds the resolver of names. */
export const slirpResolver = '10.0.2.3'

/**
 * The sandbox gives the loopback device of a namespace that it has made its address, and fails when it has one: which
 * it gets as soon as anybody sets it up, as the commands that follow do.
 */
const waitForLoopback = `has_loopback() {
  while read -r line; do case $line in *127.0.0.1*) return 0 ;; esac; done <"/proc/$process/net/fib_trie"
  return 1
}
until has_loopback; do
  test -d "/proc/$process" || exit 1
  sleep 0.001
done`

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

  /** First what is refused, then the way out. */
  connection(network: NetworkSpec, inUserNamespace: boolean): string {
    const { slirp4netns, nsenter, ip } = this.#programs
    const { control, ready } = connectionDescriptors
    const refused = routes(network, { allowPrivate: this.#allowPrivate, own: ownAddresses() })
    const enterUser = inUserNamespace ? '--user="/proc/$process/ns/user" --preserve-credentials ' : ''
    const ownUser = inUserNamespace ? '--userns-path="/proc/$process/ns/user" ' : ''
    return [
      `read -r process <&${control} || exit 1`,
      ...(inUserNamespace ? [] : [waitForLoopback]),
      `${quoted(nsenter)} ${enterUser}--net="/proc/$process/ns/net" ${quoted(ip)} -batch - <<'END' || exit 1`,
      ...refused,
      'END',
      `exec ${quoted(slirp4netns)} --configure --mtu=65520 --disable-host-loopback --enable-seccomp ` +
        `--ready-fd=${ready} --exit-fd=${control} ${ownUser}--netns-type=path "/proc/$process/ns/net" tap0`,
    ].join('\n')
  }
}

function ownAddresses(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap(list => list ?? [])
  return addresses
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address)
}
