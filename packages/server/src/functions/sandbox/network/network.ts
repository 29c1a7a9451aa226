import type { NetworkSpec } from '../../../resources/index.ts'
import { functionError } from '../../errors.ts'

/** Descriptors that the commands of a `NetworkMechanism` have. */
export const connectionDescriptors = {
  /** Says the number of a process of the instance, as a line. The connection ends when its other side is closed. */
  control: 6,
  /** Something is written to it when the instance is connected; it is closed without that when it cannot be. */
  ready: 7,
  /** Why it cannot be. */
  errors: 8,
} as const

/** How instances get at the network outside, on this machine. */
export interface NetworkMechanism {
  readonly kind: string
  readonly weaknesses: readonly string[]
  /** Whether an instance with this network has a namespace of its own. Throws `function.network-unavailable`. */
  separates(network: NetworkSpec): boolean
  /**
   * Commands of a POSIX shell that connect the namespaces of an instance, to be run outside the sandbox with the
   * `connectionDescriptors`; not for `off`, nor where the instance has no namespace. Commands, because a shell runs
   * anyway for each start, and ends with it. `inUserNamespace`: the network belongs to a user namespace of the process,
   * which has to be entered first.
   */
  connection(network: NetworkSpec, inUserNamespace: boolean): string
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
  connection: () => '',
}
