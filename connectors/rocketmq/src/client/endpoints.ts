import { Endpoints } from 'rocketmq-client-nodejs'
import definition from 'rocketmq-client-nodejs/proto/apache/rocketmq/v2/definition_pb.js'
import type { WireEndpoints } from './calls.ts'

/** Brokers that are remembered; a topic is spread over a few. */
const brokersMax = 256

/**
 * One object for each address. The library keeps its connections by the object, and makes new objects with every
 * refresh of its routes: used as they come, each refresh would open another channel.
 */
export class EndpointsBook {
  readonly #known = new Map<string, Endpoints>()

  known(endpoints: Endpoints): Endpoints {
    const found = this.#known.get(endpoints.facade)
    if (found !== undefined) return found
    if (this.#known.size >= brokersMax) this.#known.clear()
    this.#known.set(endpoints.facade, endpoints)
    return endpoints
  }

  find({ scheme, addressesList }: WireEndpoints): Endpoints {
    return this.known(new Endpoints({ scheme: schemeOf(scheme), addressesList: [...addressesList] }))
  }
}

function schemeOf(scheme: number): Endpoints['scheme'] {
  const { DOMAIN_NAME, IPV4, IPV6 } = definition.AddressScheme
  return [IPV4, IPV6].find(known => known.valueOf() === scheme) ?? DOMAIN_NAME
}
