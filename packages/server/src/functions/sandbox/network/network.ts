import type { NetworkSpec } from '../../../resources/index.ts'
import { functionError } from '../../errors.ts'

/** Where an instance's namespaces are. */
export interface NetworkTarget {
  /** A process in its network namespace. */
  readonly processId: number
  /** Whether the namespace belongs to a user namespace of that process, which has to be entered first. */
  readonly inUserNamespace: boolean
}

/** How instances get at the network outside, on this machine. */
export interface NetworkMechanism {
  readonly kind: string
  readonly weaknesses: readonly string[]
  /** Whether an instance with this network has a namespace of its own. Throws `function.network-unavailable`. */
  separates(network: NetworkSpec): boolean
  /** Connects the namespace of an instance; resolves when it is connected. Disposing disconnects. */
  connect(network: NetworkSpec, target: NetworkTarget): Promise<Disposable>
}

/** For machines without a program that connects namespaces. */
export const sharedNetwork: NetworkMechanism = {
  kind: 'shared',
  weaknesses: [
    'functions with the network on share that of the machine, its loopback included; install slirp4netns to keep them apart',
  ],
  separates(network) {
    if (typeof network === 'object') {
      throw functionError(
        'function.network-unavailable',
        'a list of allowed addresses cannot be kept on this machine: slirp4netns is not installed or does not work',
      )
    }
    return network === 'off'
  },
  connect: () => Promise.resolve({ [Symbol.dispose]: () => {} }),
}
