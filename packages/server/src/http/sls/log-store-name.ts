import { busKey, type LogStoreView } from '../../resources/index.ts'
import type { Call, SlsContext } from './call.ts'

/** Name of a log store among all of an account: names of projects have no dots. */
export function storeName({ project, logStore }: Pick<Call, 'project' | 'logStore'>): string {
  return `${project}.${logStore}`
}

/** The log store that a request names, if it is there. */
export function findStore({ services }: SlsContext, call: Call): LogStoreView | undefined {
  const key = busKey(call.account, storeName(call))
  return services.resources.snapshots.current().logStores.get(key)
}

/** The log stores of a project, in the order of their names. */
export function storesOf({ services }: SlsContext, account: string, project: string): LogStoreView[] {
  return [...services.resources.snapshots.current().logStores.values()]
    .filter(view => view.account === account && view.name.startsWith(`${project}.`))
    .sort((left, right) => (left.name < right.name ? -1 : 1))
}

/** Name of a log store within its project. */
export function nameInProject({ name }: LogStoreView): string {
  return name.slice(name.indexOf('.') + 1)
}
