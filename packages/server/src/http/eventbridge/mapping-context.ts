import { busKey } from '../../resources/index.ts'
import { destinationsOf } from './connections/index.ts'
import type { Services } from '../services.ts'
import type { MappingContext } from './mapping/index.ts'

/** What mappings ask of an account, as it is at that moment. */
export function mappingContext(services: Pick<Services, 'resources'>, account: string): MappingContext {
  const { snapshots } = services.resources
  return {
    account,
    hasFunction: name => snapshots.current().functions.has(busKey(account, name)),
    hasQueue: name => snapshots.current().queues.has(busKey(account, name)),
    rateOf: name =>
      destinationsOf({ resources: services.resources }, account).find(
        ({ destination }) => destination.ApiDestinationName === name,
      )?.destination.InvocationRateLimitPerSecond,
  }
}
