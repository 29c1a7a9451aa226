import { AppError } from '@millrace/spi'
import { busKey, type BusView, defaultBusName } from '../../resources/index.ts'
import type { Services } from '../services.ts'
import { awsDefaultBus, busName, outerBus } from './names.ts'
import type { Call } from './operation.ts'
import { noSuch } from './refusal.ts'

/**
 * Largest event of a bus that is made by this interface: a request of 1 MiB, with room for what the platform writes
 * around it.
 */
export const eventBytesMax = 1_114_112

/** The bus that a name or ARN means. Throws `ResourceNotFoundException`. */
export async function busOf(call: Call, reference?: string): Promise<BusView> {
  const name = busName(call, reference)
  if (name === awsDefaultBus) await makeDefaultBus(call)
  const view = findBus(call, name)
  if (view === undefined) throw noSuch(`Event bus ${outerBus(name)}`)
  return view
}

/** Buses of the account that this interface knows, by name; the platform's own is none of them. */
export async function allBuses(call: Call): Promise<BusView[]> {
  await makeDefaultBus(call)
  return busesOf(call.services, call.account)
}

/** Without making anything. */
export function busesOf({ resources }: Services, account: string): BusView[] {
  return [...resources.snapshots.current().buses.values()]
    .filter(bus => bus.account === account && bus.name !== defaultBusName)
    .sort((left, right) => (outerBus(left.name) < outerBus(right.name) ? -1 : 1))
}

export function findBus({ services, account }: Call, name: string): BusView | undefined {
  if (name === defaultBusName) return undefined
  return services.resources.snapshots.current().buses.get(busKey(account, name))
}

/** It is always there for clients of this interface, and is made when one of them first needs it. */
async function makeDefaultBus(call: Call): Promise<void> {
  if (findBus(call, awsDefaultBus) !== undefined) return
  const spec = { description: 'The default bus of clients of AWS EventBridge.', eventBytesMax }
  try {
    await call.services.resources.buses.put(call.account, awsDefaultBus, spec, 0)
  } catch (thrown) {
    // Two first calls at once: one of them has made it.
    if (!(thrown instanceof AppError && thrown.code === 'resource.conflict')) throw thrown
  }
}
