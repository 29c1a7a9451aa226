import type { NetworkMechanism } from './network.ts'

/**
 * For operators who let functions reach the machine itself, as on a developer's: with the network on, code has that of
 * the machine. What is off stays off, and what has a list of addresses stays within it.
 */
export function openNetwork(inner: NetworkMechanism): NetworkMechanism {
  return {
    kind: `${inner.kind}, open to the machine`,
    weaknesses: [
      'functions with the network on share that of the machine, its loopback included, since private targets are allowed',
    ],
    separates: network => network !== 'on' && inner.separates(network),
    connection: (network, inUserNamespace) => inner.connection(network, inUserNamespace),
  }
}
