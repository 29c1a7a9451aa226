import type { BusRecord } from './bus-state.ts'
import { BusStore } from './bus-store.ts'
import { Control, defaultResourceLimits, type ResourcesHost } from './control.ts'
import { FunctionStore } from './function-store.ts'
import { type FunctionRecord, functionView } from './function-view.ts'
import { busKey, defaultBusName } from './names.ts'
import { loadRecords } from './records.ts'
import type { RuleRecord } from './rule-history.ts'
import { RuleStore } from './rule-store.ts'
import type { Snapshots } from './snapshot.ts'

/**
 * The control plane: buses, rules and functions as documents, checked before they are written, and the snapshot that
 * the data plane reads. Writes go one at a time; each is answered when it is durable and in force.
 */
export interface Resources {
  readonly buses: BusStore
  readonly rules: RuleStore
  readonly functions: FunctionStore
  readonly snapshots: Snapshots
}

/** Loads all documents, and makes the built-in bus of the account if it is not there yet. */
export async function openResources(
  host: ResourcesHost,
  account: string,
  limits = defaultResourceLimits,
): Promise<Resources> {
  const control = new Control(host, limits)
  const buses = new BusStore(control)
  for await (const { account: owner, name, value } of loadRecords<BusRecord>(host.documents, 'bus')) {
    await control.addBus(owner, name, value)
  }
  for await (const { account: owner, name, value } of loadRecords<RuleRecord>(host.documents, 'rule')) {
    const [bus = '', rule = ''] = name.split('/')
    control.buses.get(busKey(owner, bus))?.setRule(rule, value)
  }
  for await (const { account: owner, name, value } of loadRecords<FunctionRecord>(
    host.documents,
    'function',
  )) {
    control.functions.set(busKey(owner, name), functionView(owner, name, value))
  }
  if (!control.buses.has(busKey(account, defaultBusName)))
    await buses.write(account, defaultBusName, {}, undefined)
  control.publish()
  return { buses, rules: new RuleStore(control), functions: new FunctionStore(control), snapshots: control }
}
